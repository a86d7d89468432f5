// SPDX-License-Identifier: ISC
// The twin of ../message.c: a parent and its child send messages.
'use strict'
const { fork } = require('child_process')

const last = 3

if (process.send) {
  process.on('message', ({ n }) => process.send({ n: n * n }))
} else {
  const child = fork(__filename)
  let n = 1
  child.on('message', (message) => {
    console.log(`${n}: the child says ${JSON.stringify(message)}`)
    if (++n <= last) child.send({ n })
    else child.disconnect()
  })
  child.on('disconnect', () => console.log('disconnected: no error'))
  child.on('exit', (status, signal) =>
    console.log(`the child ended: status ${status}, signal ${signal ?? 0}`))
  child.send({ n })
}
