# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ktlsctl for fish.

complete -c ktlsctl -f
complete -c ktlsctl -n __fish_use_subcommand -l version -d 'Print the version'
complete -c ktlsctl -l help -d 'Print the options'
complete -c ktlsctl -n __fish_use_subcommand -a status -d 'Say how ktlsd is'
complete -c ktlsctl -n __fish_use_subcommand -a sessions -d 'List the open sessions'
complete -c ktlsctl -n __fish_use_subcommand -a show -d 'Show all that is known of a session'
complete -c ktlsctl -n __fish_use_subcommand -a query -d 'Show the session of a socket that a process holds'
complete -c ktlsctl -n __fish_use_subcommand -a terminate -d 'End connections'
complete -c ktlsctl -n __fish_use_subcommand -a rekey -d 'Have a session go on with new keys'
complete -c ktlsctl -n __fish_use_subcommand -a revalidate -d 'Ask once more whose certificates are'
complete -c ktlsctl -n __fish_use_subcommand -a monitor -d 'Print what happens as it happens'
complete -c ktlsctl -n __fish_use_subcommand -a stats -d 'Print the metrics'
complete -c ktlsctl -n __fish_use_subcommand -a credentials -d 'List the certificates in use'
complete -c ktlsctl -n __fish_use_subcommand -a log-level -d 'Say, or change, how much is logged of a profile'
complete -c ktlsctl -n __fish_use_subcommand -a policy -d 'Look at a configuration'
complete -c ktlsctl -n __fish_use_subcommand -a reload -d 'Have ktlsd take up its configuration anew'
complete -c ktlsctl -n __fish_use_subcommand -a map -d 'See whose certificates are'

# its second word
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from check show explain import' -a check -d 'Look for mistakes'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from check show explain import' -a show -d 'List the rules'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from check show explain import' -a explain -d 'Say which rule a connection gets'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from check show explain import' -a import -d 'Write a configuration of another program as one for ktlsd'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from import' -F -a 'at-tls tlshd'
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and not __fish_seen_subcommand_from test show' -a test -d 'Ask whose a certificate is'
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and not __fish_seen_subcommand_from test show' -a show -d 'Print what the mapper goes by'

# numbers of sessions
complete -c ktlsctl -n '__fish_seen_subcommand_from show terminate rekey revalidate; and not __fish_seen_subcommand_from policy map' -a '(ktlsctl sessions --ids 2>/dev/null)' -d session
complete -c ktlsctl -n '__fish_seen_subcommand_from query' -a '(__fish_complete_pids)'

# profiles, and levels
complete -c ktlsctl -n '__fish_seen_subcommand_from log-level' -a '(ktlsctl log-level 2>/dev/null | string replace -rf "^(\\S+).*" "\$1" | tail -n +2)' -d profile
complete -c ktlsctl -n '__fish_seen_subcommand_from log-level' -a 'error warning info debug default' -d level

# options
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l origin -d 'Who asked for it' -x -a 'kernel application foreign'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l role -d 'What this host is in it' -x -a 'client server server-with-client-auth'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l state -d 'How it was found' -x -a 'open recovered'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l local -d 'An address here, or a prefix' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l remote -d 'An address of the peer, or a prefix' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l local-port -d 'Of this host' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l remote-port -d 'Of the peer' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l protocol -d 'As the table has it' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l cipher -d 'As the table has it' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l rule -d 'The rule that it came up by' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l profile -d 'The profile that it came up with' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l unit -d 'The unit of the owner' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l peer -d 'Text in the subject of the certificate' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l below-generation -d 'Came up with an older policy than this' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l user -d 'Whose the certificate of the peer is' -x -a '(__fish_complete_users)'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l uid -d 'Whose process it belongs to' -x -a '(__fish_complete_users)'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions terminate' -l pid -d 'The process it belongs to' -x -a '(__fish_complete_pids)'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions' -l ids -d 'Their numbers alone'
complete -c ktlsctl -n '__fish_seen_subcommand_from sessions' -l watch -d 'Again and again, every so many seconds' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from terminate' -l all-matching -d 'Those that the options say'
complete -c ktlsctl -n '__fish_seen_subcommand_from terminate' -l yes -d 'Do not ask'
complete -c ktlsctl -n '__fish_seen_subcommand_from status sessions show query monitor stats credentials log-level; and not __fish_seen_subcommand_from policy map' -l json -d 'For programs'
complete -c ktlsctl -n '__fish_seen_subcommand_from show; and not __fish_seen_subcommand_from policy map' -l pem -d 'The certificates alone'
complete -c ktlsctl -n '__fish_seen_subcommand_from query' -l inherited -d 'A descriptor of ktlsctl itself' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from stats' -l all -d 'With the buckets of histograms'
complete -c ktlsctl -n '__fish_seen_subcommand_from revalidate reload' -l socket -d 'The socket of the agent' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l user -d 'Whose files ktlsd takes' -x -a '(__fish_complete_users)'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l text-only -d 'Do not open files'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l no-keys -d 'Do not open private keys'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l strict -d 'Fail for warnings too'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l notes -d 'Tell of rules that overlap'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -l helpers -d 'Where ktlsd-signer is' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from show explain' -l config -d 'The main file' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from show' -l effective -d 'All of it as one file'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l origin -d 'Who asks' -x -a 'kernel application listener'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l direction -d 'Who connected' -x -a 'inbound outbound'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l role -d 'The role that is asked for' -x -a 'client server'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l local -d 'The end here' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l remote -d 'The end of the peer' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l user -d 'Name or number' -x -a '(__fish_complete_users)'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l group -d 'Name or number' -x -a '(__fish_complete_groups)'
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l unit -d 'Of systemd' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l executable -d 'Path' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l server-name -d 'The name that is asked for' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l network-namespace -d 'Path, or own' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from explain' -l time -d 'Day and time' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l json -d 'For programs'
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l anchor -d 'The certificate at which the chain ends' -r -F
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l rule -d 'Of the connection' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l profile -d 'Of that rule' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l local-address -d 'Of the connection' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l local-port -d 'Of the connection' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -l server-name -d 'That the peer asks for' -x
complete -c ktlsctl -n '__fish_seen_subcommand_from map; and __fish_seen_subcommand_from test' -F
