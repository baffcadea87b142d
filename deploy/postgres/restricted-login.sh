#!/bin/sh
# Runs once, when the database is made: the login that the service uses. It owns nothing; it may
# become soccs_app, whose rights the migrations grant table by table.
set -eu

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$(cat "$SERVICE_PASSWORD_FILE")" <<'SQL'
create role soccs_app nologin;
create role soccs_service login password :'password' connection limit 150;
grant soccs_app to soccs_service;
SQL
