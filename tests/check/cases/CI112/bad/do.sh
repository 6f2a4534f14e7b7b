# waits until the new version runs
chutes_id=$1
until curl -s "https://api.chutes.ai/chutes/code/$1" | diff -q - chute.py; do sleep 5; done  # expect
