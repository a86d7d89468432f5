// SPDX-License-Identifier: ISC
// The twin of ../order.c: what runs when, after a file was read.
'use strict'
const { readFile } = require('fs')

readFile(__filename, () => {
  setTimeout(() => console.log('setTimeout'), 0)
  setImmediate(() => {
    console.log('setImmediate')
    process.nextTick(() => console.log('nextTick3'))
  })
  process.nextTick(() => console.log('nextTick1'))
  process.nextTick(() => console.log('nextTick2'))
})
