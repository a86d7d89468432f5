// SPDX-License-Identifier: ISC
// The twin of ../duplex.c: two sides that know nothing of each other.
'use strict'
const { Duplex } = require('stream')

const duplex = new Duplex({
  read () {
    this.push(null)
  },
  write (chunk, encoding, done) {
    console.log(chunk.toString())
    done()
  }
})

duplex.on('data', (chunk) => console.log(chunk.toString()))
duplex.on('finish', () => console.log('write done~'))
duplex.on('end', () => console.log('read done~'))
duplex.write('\u5199\u5165\u6570\u636e.')
duplex.end()
