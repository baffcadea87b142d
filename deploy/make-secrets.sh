#!/bin/sh
# Writes deploy/secrets/, one file a secret. What is there already is kept: call it again after an
# upgrade that needs a new one, or after one was removed to be made anew (docs/operations.md).
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets

random() { # of letters and digits, so that it can stand in an address
  openssl rand -base64 48 | tr -dc 'A-Za-z0-9' | cut -c "1-$1"
}
keep() { # name, content
  [ -s "$1" ] || printf '%s' "$2" >"$1"
}

keep owner_password "$(random 32)"
keep service_password "$(random 32)"
keep redis_password "$(random 32)"
keep pin_pepper "$(random 40)"
keep callback_secret "$(random 32)"
keep admin_key "$(random 40)"
keep grafana_password "$(random 24)"
keep owner_database_url "postgres://soccs_owner:$(cat owner_password)@postgres:5432/soccs"
keep database_url "postgres://soccs_service:$(cat service_password)@postgres:5432/soccs"
keep redis_conf "requirepass $(cat redis_password)"
keep redis_url "redis://:$(cat redis_password)@redis:6379"
# Compose mounts a file with its own mode, and the image's user is not the one who made it; the folder is
# what keeps others of this machine out.
chmod 0444 ./*
chmod 0700 .

[ -s at_api_key ] || echo "Put the Africa's Talking API key into deploy/secrets/at_api_key, and call this again."
echo "Keep a copy of pin_pepper apart from the database's back-ups: without it every PIN is lost."
