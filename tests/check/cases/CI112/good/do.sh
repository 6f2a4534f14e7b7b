# waits until the new version runs
chutes_id=$1
until curl -s "https://api.chutes.ai/chutes/$1" | jq -e ".version == \"$2\""; do sleep 5; done
