# SPDX-License-Identifier: ISC
# completions.awk - the completion file of one tool, from its manual page
#
#	awk -v name=tee -v shell=bash -f completions.awk man/tee.1
#
# An option is an .It Fl line; its description is the first sentence below;
# the values it may have are the .It Cm lines below, if there are any.  Operands
# are files, and so are values that are called so.

# Make words[] of an mdoc line: what is in quotes is one word.
function split_line(line, words,   n, word) {
	n = 0
	while (match(line, /^ *("[^"]*"|[^ "]+)/)) {
		word = substr(line, 1, RLENGTH)
		line = substr(line, RLENGTH + 1)
		gsub(/^ *"?|"$/, "", word)
		words[++n] = word
	}
	return n
}

# A manual's text as plain text.
function plain(text,   words, n, i, result, glue) {
	if (text !~ /^\./)
		return text
	n = split_line(substr(text, 2), words)
	for (i = 1; i <= n; i++) {
		if (words[i] ~ /^(Ar|Cm|Dv|Em|Er|Ev|Ic|Li|Pa|Ql|Qq|Sq|Dq|Nm|Pq|Ns|No|Pf|Xr|Sy)$/) {
			if (words[i] == "Nm" && i == n)
				result = result glue name
			if (words[i] == "Ns")
				glue = ""
			continue
		}
		if (words[i] == "Fl") {
			result = result glue "-"
			glue = ""
			continue
		}
		if (words[i] ~ /^[.,;:)]$/)
			glue = ""
		result = result glue words[i]
		glue = " "
	}
	return result
}

# The words of an .It Fl line: each Fl is an option, Ar the name of its value,
# and what comes in Op or Oo may be left out.
function begin_option(line,   words, n, i, flag) {
	count++
	n = split_line(line, words)
	for (i = 2; i <= n; i++) {
		if (words[i] == "Fl" || words[i] == ",")
			flag = 1
		else if (words[i] == "Ar")
			value[count] = words[++i]
		else if (words[i] == "Op" || words[i] == "Oo")
			optional[count] = 1
		else if (flag && words[i] ~ /^-?[A-Za-z0-9][-A-Za-z0-9]*$/) {
			add_flag("-" words[i])
			flag = 0
		}
	}
}

function add_flag(flag) {
	flags[count] = flags[count] (flags[count] == "" ? "" : " ") flag
	known[flag] = 1
}

function add_common(flag, text) {
	if (flag in known)
		return
	count++
	add_flag(flag)
	description[count] = text
}

function is_long(flag) {
	return flag ~ /^--/
}

function names_file(i) {
	return value[i] ~ /file|dir|path/
}

# How a long option looks that has a value: it ends in "=".
function with_equals(i, flag) {
	return flag (i in value && is_long(flag) && !(i in optional) ? "=" : "")
}

# --- The three shells -------------------------------------------------------

function print_bash(   i, n, part, j, list) {
	for (i = 1; i <= count; i++) {
		n = split(flags[i], part, " ")
		for (j = 1; j <= n; j++)
			list = list (list == "" ? "" : " ") \
			    with_equals(i, part[j])
	}
	print "# bash completion of " name ", made from its manual page"
	print "_streamutils_" ident() "() {"
	print "\tlocal word=$2 option=$3 words=''"
	print "\tif [[ $word == = ]]; then"
	print "\t\tword='' option=$option="
	print "\telif [[ $option == = ]]; then"
	print "\t\toption=${COMP_WORDS[COMP_CWORD - 2]}="
	print "\tfi"
	print "\tcase $option in"
	for (i = 1; i <= count; i++)
		if (i in values)
			print "\t" bash_pattern(i) ") words='" values[i] "' ;;"
	print "\tesac"
	print "\tif [[ -z $words && $word == -* ]]; then"
	print "\t\twords='" list "'"
	print "\tfi"
	print "\tCOMPREPLY=()"
	print "\t[[ -n $words ]] || return 0"
	print "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")"
	print "\tif [[ ${COMPREPLY[0]-} == *= ]]; then"
	print "\t\tcompopt -o nospace 2>/dev/null"
	print "\tfi"
	print "\treturn 0"
	print "}"
	print "complete -o default -F _streamutils_" ident() " " name
}

# What the word before a value may be: a value that may be left out has to
# follow an equals sign.
function bash_pattern(i,   n, part, j, result) {
	n = split(flags[i], part, " ")
	for (j = 1; j <= n; j++) {
		if (!(i in optional))
			result = result " | " part[j]
		if (is_long(part[j]))
			result = result " | " part[j] "="
	}
	return substr(result, 4)
}

function ident(   result) {
	result = name
	gsub(/[^A-Za-z0-9]/, "_", result)
	return result
}

function zsh_quote(text) {
	gsub(/[\[\]:\\]/, "\\\\&", text)
	return shell_quote(text)
}

function shell_quote(text) {
	gsub(/'/, "'\\''", text)
	return text
}

function print_zsh(   i, n, part, j, tail, group) {
	print "#compdef " name
	print "# zsh completion of " name ", made from its manual page"
	print "_arguments -s -S \\"
	for (i = 1; i <= count; i++) {
		n = split(flags[i], part, " ")
		group = n > 1 ? "(" flags[i] ")" : ""
		tail = "[" zsh_quote(description[i]) "]" zsh_value(i)
		for (j = 1; j <= n; j++)
			print "\t'" group zsh_flag(i, part[j]) tail "' \\"
	}
	print "\t'*:file:_files'"
}

function zsh_flag(i, flag) {
	if (!(i in value))
		return flag
	if (i in optional)
		return flag (is_long(flag) ? "=-" : "-")
	return flag (is_long(flag) ? "=" : "+")
}

function zsh_value(i) {
	if (!(i in value))
		return ""
	return (i in optional ? "::" : ":") value[i] ":" \
	    (i in values ? "(" values[i] ")" : names_file(i) ? "_files" : " ")
}

function print_fish(   i, n, part, j, line) {
	print "# fish completion of " name ", made from its manual page"
	for (i = 1; i <= count; i++) {
		line = "complete -c " name
		n = split(flags[i], part, " ")
		for (j = 1; j <= n; j++)
			line = line (is_long(part[j]) \
			    ? " -l " substr(part[j], 3) \
			    : " -s " substr(part[j], 2))
		if (i in values && i in optional)
			line = line " -f -a '" values[i] "'"
		else if (i in values)
			line = line " -x -a '" values[i] "'"
		else if (i in value && !(i in optional))
			line = line (names_file(i) ? " -r -F" : " -x")
		print line " -d '" fish_quote(description[i]) "'"
	}
}

function fish_quote(text) {
	gsub(/[\\']/, "\\\\&", text)
	return text
}

# --- Reading ------------------------------------------------------------------

/^\.Sh / { in_options = $2 == "DESCRIPTION" || $2 == "OPTIONS" }
!in_options { next }
/^\.It Fl / {
	begin_option($0)
	wanted = 1
	next
}
/^\.It Cm / && count > 0 {
	values[count] = values[count] (count in values && \
	    values[count] != "" ? " " : "") $3
	wanted = 0
	next
}
/^\.(It|Bl|El|Pp|Bd|Ed|Ss|D1|Dl)( |$)/ { wanted = 0; next }
/^\.\\"/ { next }
wanted {
	description[count] = description[count] \
	    (description[count] == "" ? "" : " ") plain($0)
	if (sub(/\.$/, "", description[count]))
		wanted = 0
}

END {
	add_common("--help", "Print how it is used, and exit")
	add_common("--version", "Print the version, and exit")
	if (shell == "bash")
		print_bash()
	else if (shell == "zsh")
		print_zsh()
	else
		print_fish()
}
