# SPDX-License-Identifier: ISC
# table.awk - the results of bench.sh as a table in markdown
#
# Columns: what, ends, ours, peer, and then of ours and of the peer by turns:
# nanoseconds of wall time, nanoseconds of CPU time, KiB resident.
function milliseconds(ns) {
	return sprintf(ns < 10000000 ? "%.2f" : "%.0f", ns / 1000000)
}

BEGIN {
	print "# What the tools take, against their peers\n"
	print about ".\n"
	print "Faster: how many times as fast as the peer, by wall time; CPU: how"
	print "many times the peer's CPU time goes into ours.  Above 1 is better."
	print "How it was measured is in bench/README.md of the sources.\n"
	print "| what | from, to | ours | peer | faster | CPU | ms | peer's |" \
	    " KiB | peer's |"
	print "|---|---|---|---|--:|--:|--:|--:|--:|--:|"
}

{
	printf "| %s | %s | `%s` | `%s` | **%.2f** | %.2f | %s | %s | %d | %d |\n",
	    $1, $2, $3, $4, $6 / $5, $8 / ($7 > 0 ? $7 : 1000), milliseconds($5),
	    milliseconds($6), $9, $10
}
