// SPDX-License-Identifier: ISC
// The twin of ../reverse-transform.c, but that it reverses each chunk.
'use strict'
const { Transform } = require('stream')

const reverse = new Transform({
  transform (chunk, encoding, done) {
    this.push([...chunk.toString()].reverse().join(''))
    done()
  }
})

reverse.on('data', (chunk) => console.log(chunk.toString()))
reverse.on('end', () => console.log('read done~'))
reverse.on('finish', () => console.log('write done~'))
reverse.write('\u53cd\u8f6c\u6570\u636e')
reverse.end()
