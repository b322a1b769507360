# Health probe of the image: sh health.sh FILE SECONDS. Shell built-ins only, so it costs a millisecond; starting Node
# for a request costs 150. The server writes "<seconds since boot> <state>" every two seconds.
read -r written state <"$1" || exit 1
read -r now rest </proc/uptime || exit 1
[ "$state" = ready ] || exit 1
[ $((${now%%.*} - written)) -le "$2" ]
