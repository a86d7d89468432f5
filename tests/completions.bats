# SPDX-License-Identifier: ISC
# The completion files that were made from the manual pages.
load helper

made=$SU_BUILDDIR/completions

# names: the tools, and the links to them.
names() {
	local file
	for file in "$SU_BUILDDIR"/bin/*; do
		if [ -x "$file" ] && [ ! -d "$file" ]; then
			basename "$file"
		fi
	done
}

# complete_bash COMMAND WORD...: what bash offers for the last word, with the
# words cut as bash cuts them.
complete_bash() (
	# shellcheck source=/dev/null
	source "$made/bash/$1" || exit
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	"_streamutils_${1//[^A-Za-z0-9]/_}" \
		"$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
)

@test "completions: every command has them for three shells" {
	local name
	[ -n "$(names)" ]
	for name in $(names); do
		[ -s "$made/bash/$name" ]
		[ -s "$made/zsh/_$name" ]
		[ -s "$made/fish/$name.fish" ]
	done
}

@test "completions: bash accepts them" {
	local file
	for file in "$made"/bash/*; do
		bash -n "$file"
		bash -u -c 'source "$1" && complete -p "$2"' - \
			"$file" "$(basename "$file")"
	done
}

@test "completions: zsh accepts them" {
	command -v zsh >/dev/null || skip "no zsh here"
	local file
	for file in "$made"/zsh/_*; do
		zsh -n "$file"
		[ "$(head -n 1 "$file")" = "#compdef ${file##*/_}" ]
	done
}

@test "completions: fish accepts them" {
	command -v fish >/dev/null || skip "no fish here"
	local file
	for file in "$made"/fish/*.fish; do
		HOME=$PWD fish -n "$file"
	done
}

@test "completions: bash completes an option and its value" {
	[ "$(complete_bash tee --app)" = --append ]
	complete_bash tee -- >options
	grep -qx -e --append options
	grep -qx -e --help options
	[ "$(complete_bash tee --output-error = exit-)" = exit-nopipe ]
	[ "$(complete_bash rate-limit --bur)" = --burst= ]
}

@test "completions: bash leaves operands to be completed as files" {
	run -0 complete_bash tee in
	[ -z "$output" ]
}

@test "completions: fish completes an option and describes it" {
	command -v fish >/dev/null || skip "no fish here"
	HOME=$PWD fish -c "source $made/fish/tee.fish; complete -C 'tee --app'" >offered
	[[ $(<offered) == --append$'\t'?* ]]
}

@test "completions: zsh completes an option" {
	command -v zsh >/dev/null || skip "no zsh here"
	# What _arguments would be called with is what there is to be checked.
	HOME=$PWD zsh -fc '_arguments() { print -rl -- "$@" }; source $1' - \
		"$made/zsh/_tee" >arguments
	grep -q -F -e '(-a --append)--append[' arguments
	grep -qx -e '\*:file:_files' arguments
}
