# SPDX-License-Identifier: ISC
# plot.awk - the results of bench.sh as bars: how many times as fast as the peer
#
# The scale is logarithmic, so that twice as fast and half as fast are equally
# far from the line at 1.
function log2(x) {
	return log(x) / log(2)
}

# Where a ratio lies: 1/4 at the left edge, 64 at the right.
function at(ratio) {
	if (ratio < 0.25)
		ratio = 0.25
	if (ratio > 64)
		ratio = 64
	return left + (log2(ratio) + 2) * step
}

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	return text
}

function write_at(x, y, anchor, content) {
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>\n", x, y,
	    anchor, escaped(content)
}

{
	label[NR] = ($2 == "start" ? $1 : $1 ", " $2) ": " $3 " / " $4
	ratio[NR] = $6 / $5
}

END {
	left = 560
	step = 50
	row = 22
	top = 60
	height = top + NR * row + 20
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" " \
	    "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n",
	    left + 8 * step + 60, height
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	write_at(10, 20, "start", "How many times as fast as the peer.  " about)
	for (mark = 0.25; mark <= 64; mark *= 2) {
		write_at(at(mark), top - 12, "middle", mark)
		printf "<path d=\"M%d %dV%d\" stroke=\"%s\"/>\n", at(mark),
		    top - 6, height - 14, mark == 1 ? "black" : "#ddd"
	}
	for (i = 1; i <= NR; i++) {
		y = top + (i - 1) * row
		from = ratio[i] < 1 ? at(ratio[i]) : at(1)
		to = ratio[i] < 1 ? at(1) : at(ratio[i])
		printf "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" " \
		    "fill=\"%s\"/>\n", from, y, (to > from ? to - from : 1),
		    row - 6, ratio[i] < 0.95 ? "#c44" : "#48a"
		write_at(left - 10, y + 12, "end", label[i])
		write_at((ratio[i] < 1 ? at(1) : to) + 6, y + 12, "start",
		    sprintf("%.2f", ratio[i]))
	}
	print "</svg>"
}
