# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of ktlsctl for bash.

_ktlsctl_options() {
  local filters="--origin --role --state --local --remote --local-port --remote-port --protocol --cipher --rule
    --profile --user --unit --peer --uid --pid --below-generation"
  case $1 in
    '') echo "--help --version" ;;
    sessions) echo "$filters --json --ids --watch --help" ;;
    show) echo "--json --pem --help" ;;
    query) echo "--inherited --json --help" ;;
    terminate) echo "$filters --all-matching --yes --help" ;;
    status | monitor | credentials | log-level) echo "--json --help" ;;
    stats) echo "--json --all --help" ;;
    revalidate | reload) echo "--socket --help" ;;
    "policy check") echo "--user --text-only --no-keys --strict --notes --helpers --help" ;;
    "policy show") echo "--config --effective --help" ;;
    "policy explain")
      echo "--config --origin --direction --role --local --remote --user --group --unit --executable --server-name
        --network-namespace --time --help"
      ;;
    "map test") echo "--anchor --rule --profile --local-address --local-port --server-name --json --help" ;;
    *) echo "--help" ;;
  esac
}

_ktlsctl_words() {
  case $1 in
    '')
      echo "status sessions show query terminate rekey revalidate monitor stats credentials log-level policy reload map"
      ;;
    policy) echo "check show explain import" ;;
    "policy import") echo "at-tls tlshd" ;;
    map) echo "test show" ;;
    log-level)
      echo "error warning info debug default"
      ktlsctl log-level 2>/dev/null | awk 'NR > 1 { print $1 }'
      ;;
    show | terminate | rekey | revalidate) ktlsctl sessions --ids 2>/dev/null ;;
    query) command ps -e -o pid= 2>/dev/null ;;
  esac
}

# Of an option; fails for one that takes none that is known.
_ktlsctl_values() {
  case "$1 $2" in
    "policy explain --origin") echo "kernel application listener" ;;
    *" --origin") echo "kernel application foreign" ;;
    "policy explain --role") echo "client server" ;;
    *" --role") echo "client server server-with-client-auth" ;;
    *" --state") echo "open recovered" ;;
    *" --direction") echo "inbound outbound" ;;
    *" --uid" | *" --user") compgen -u ;;
    *" --group") compgen -g ;;
    *) return 1 ;;
  esac
}

_ktlsctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" i word values
  COMPREPLY=()
  # the command, as far as it is there
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word != -* ]] || continue
    # each of the others takes what are no commands
    [[ $command == "" || $command == policy || $command == map ]] || break
    [[ " $(_ktlsctl_words "$command") " == *[[:space:]]"$word"[[:space:]]* ]] || break
    command+="${command:+ }$word"
  done
  # --option=VALUE is three words
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ $prev == --* ]] && values=$(_ktlsctl_values "$command" "$prev"); then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_ktlsctl_options "$command")" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$(_ktlsctl_words "$command")" -- "$cur")
  fi
}

# files are named where nothing else is known
complete -o default -F _ktlsctl ktlsctl
