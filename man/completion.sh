#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints what a shell needs to complete dinit's options, made from the text of
# `dinit --help`, and so from the table of options:
#
#	dinit --help | man/completion.sh bash|zsh|fish
#
# Debian's package calls the program dinit-init, so that name is completed too.

set -eu

# One line an option: SHORT|LONG|ARGUMENT|HELP, each but one may be empty. Fails
# where there are none.
read_options()
{
	sed -n 's/^  \(  \|-.\)\(, \|  \)\?\(--[a-z-]*\)\?\(=[^ ]*\)\?  *\(.*\)$/\1|\3|\4|\5/p' |
		sed -n '/^\( *\|-.\)|\(--.*\)\?|.*|./s/^ *//p' |
		grep -E '^(-.)?\|(--|\|)'
}

options()
{
	printf '%s\n' "$options"
}

bash_completion()
{
	cat <<'EOF'
# bash completion for dinit

_dinit()
{
	local i

	# the first word that is no option is COMMAND
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) ((i++)); break ;;
		=) ((i++)) ;;
		-*) ;;
		*) break ;;
		esac
	done
	if ((i < COMP_CWORD)) || [[ ${COMP_WORDS[COMP_CWORD]} != -* &&
		${COMP_WORDS[COMP_CWORD]} != = &&
		${COMP_WORDS[COMP_CWORD - 1]} != = ]]; then
		_command_offset "$i"
		return
	fi
	if [[ ${COMP_WORDS[COMP_CWORD]} == = ||
		${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- \
			"${COMP_WORDS[COMP_CWORD]#=}")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W '
EOF
	options | awk -F'|' '$1 != "" { print "\t\t" $1 }
		$2 != "" { print "\t\t" $2 ($3 != "" ? "=" : "") }'
	cat <<'EOF'
	' -- "${COMP_WORDS[COMP_CWORD]}")
	[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}
complete -F _dinit dinit dinit-init
EOF
}

zsh_completion()
{
	printf '#compdef dinit dinit-init\n\n_arguments -S \\\n'
	options | awk -F'|' '
		function quoted(text)
		{
			gsub(/\[/, "\\[", text)
			gsub(/\]/, "\\]", text)
			gsub(/:/, "\\:", text)
			return text
		}
		{
			help = "[" quoted($4) "]"
			files = $3 ~ /PATH|FILE/ ? "_files" : " "
		}
		$1 != "" && $2 != "" && $3 == "" {
			printf "\t\047(%s %s)\047{%s,%s}\047%s\047 \\\n",
			    $1, $2, $1, $2, help
			next
		}
		$1 != "" { printf "\t\047%s%s\047 \\\n", $1, help }
		$3 != "" {
			printf "\t\047%s=%s:%s:%s\047 \\\n", $2, help,
			    quoted(substr($3, 2)), files
			next
		}
		$2 != "" { printf "\t\047%s%s\047 \\\n", $2, help }'
	printf "\t'*::command:_normal'\n"
}

fish_completion()
{
	options | awk -F'|' '{
		gsub(/[\\\047]/, "\\\\&", $4)
		line = "complete -c dinit -c dinit-init"
		if ($1 != "")
			line = line " -s " substr($1, 2)
		if ($2 != "")
			line = line " -l " substr($2, 3)
		if ($3 ~ /PATH|FILE/)
			line = line " -r -F"
		else if ($3 != "")
			line = line " -x"
		print line " -d \047" $4 "\047"
	}'
	echo "complete -c dinit -c dinit-init -f -a '(__fish_complete_subcommand)'"
}

options=$(read_options)
"${1}_completion"
