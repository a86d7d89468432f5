# SPDX-License-Identifier: ISC
# aliases.awk - for each name in the NAME section of each manual page given,
# other than the page's own, print the name and the page: "stream_end
# stream_write".  From this the pages are made that only point to another.
FNR == 1 {
	page = FILENAME
	sub(/.*\//, "", page)
	sub(/\.[0-9]$/, "", page)
}
$1 == ".Sh" { naming = $2 == "NAME" }
naming && $1 == ".Nm" && $2 != page { print $2, page }
