# A client in a shell: exchanges a code, calls, refreshes twice and is refused a third time.
set -eu

ask() {
    curl --silent --noproxy '*' "$IDP_URL$TOKEN" -d client_id="$CLIENT" -d client_secret="$SECRET" "$@"
}

part() {
    printf '%s' "$2" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"
}

advance() {
    curl --silent --noproxy '*' -X POST "$CONTROL/clock/advance" -d '{"by": "9m 31s"}' >/dev/null
}

answer=$(ask -d grant_type=authorization_code --data-urlencode "code=$CODE" --data-urlencode "redirect_uri=$REDIRECT")
old=$(part refresh_token "$answer")
curl --silent --noproxy '*' --globoff "$IDP_URL$CALL" -H "Authorization: Bearer $(part access_token "$answer")" >/dev/null
now=$old
for _ in 1 2; do
    advance
    answer=$(ask -d grant_type=refresh_token --data-urlencode "refresh_token=$now")
    now=$(part refresh_token "$answer")
done
advance
if [ "$PROFILE" = entra ]; then
    curl --silent --noproxy '*' -X POST "$CONTROL/change" -d '{"account": {"event": "revoked_by_user"}}' >/dev/null
fi
ask -d grant_type=refresh_token --data-urlencode "refresh_token=$old" >/dev/null
