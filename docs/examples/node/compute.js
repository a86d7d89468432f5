// SPDX-License-Identifier: ISC
// The twin of ../compute.c: a server that answers while a child computes.
'use strict'
const { fork } = require('child_process')
const net = require('net')

function compute () {
  let sum = 0
  for (let i = 0; i < 100000000; i++) sum += i
  process.send(sum)
}

function serve (client) {
  client.once('data', (request) => {
    if (String(request) !== 'compute') {
      client.end('hello\n')
      return
    }
    const child = fork(__filename)
    child.on('message', (sum) => {
      client.end(`${sum}\n`)
      child.disconnect()
    })
    child.send('compute')
  })
}

function ask (port, request) {
  const server = net.connect({ port, host: '127.0.0.1' })
  server.on('data', (answer) =>
    process.stdout.write(`${request}: ${answer}`))
  server.write(request)
  return server
}

if (process.send) {
  process.once('message', compute)
} else {
  const server = net.createServer({ allowHalfOpen: true }, serve)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    let open = 2
    for (const request of ['compute', 'anyone there?']) {
      ask(port, request).on('close', () => {
        if (--open === 0) server.close()
      })
    }
  })
}
