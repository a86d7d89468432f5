# SPDX-License-Identifier: ISC
# words.awk - size bytes or a little more of text that looks like text: words of
# which few are frequent, lines of many lengths, some characters of two bytes.
# The same at every run.
function random(n) {
	seed = (seed * 16807) % 2147483647
	return seed % n
}

function word(   i, n, result) {
	n = 2 + random(4) + random(4)
	for (i = 0; i < n; i++)
		result = result substr(letters, 1 + random(length(letters)), 1)
	return random(20) ? result : result accented
}

BEGIN {
	seed = 1
	letters = "eeeeettttaaaooiinnsshhrrdlcumwfgypbvk"
	accented = sprintf("%c%c", 195, 169)
	for (i = 0; i < 6000; i++)
		words[i] = word()
	while (bytes < size) {
		line = words[random(1 + random(6000))]
		for (i = random(14); i > 0; i--)
			line = line " " words[random(1 + random(6000))]
		print line
		bytes += length(line) + 1
	}
}
