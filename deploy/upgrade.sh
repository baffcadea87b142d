#!/bin/sh
# Puts in a release, one process after the other, while callers are served:
#
#   deploy/upgrade.sh             builds what is checked out, named after its commit
#   deploy/upgrade.sh <release>   puts in an image that is here already: the way back, one release
#
# It ends at the first thing that goes wrong, with the replicas not yet replaced still at work. The
# release is written into .env once all of it is in, so that every later `docker compose` means it.
set -eu
cd "$(dirname "$0")/.."
[ -e .env ] || : >.env

before=$(awk -F= '/^RELEASE=/ { print $2 }' .env)
if [ $# -gt 0 ]; then
  RELEASE=$1
  export RELEASE
  docker image inspect "soccs-by-phone:$RELEASE" >/dev/null
else
  RELEASE=$(git describe --always --dirty --exclude='*')
  export RELEASE
  docker compose build migrate
fi
echo "from ${before:-local} to $RELEASE; back: deploy/upgrade.sh ${before:-local}"

# Beside the old processes: each migration leaves what the release before it needs.
docker compose run --rm --no-deps migrate
for service in web1 web2 worker; do
  docker compose up -d --no-deps --wait "$service"
done

# A copy of its own, so that the file is there whole and keeps its mode.
cp -p .env .env.new
awk '!/^RELEASE=/' .env >.env.new
echo "RELEASE=$RELEASE" >>.env.new
mv .env.new .env
