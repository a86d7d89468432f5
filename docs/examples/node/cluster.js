// SPDX-License-Identifier: ISC
// The twin of ../cluster.c: four workers behind one port.
'use strict'
const cluster = require('cluster')
const net = require('net')

const workers = 4
const clients = 8
const answers = Array(workers + 1).fill(0)

function connectOne (port, left) {
  const server = net.connect({ port, host: '127.0.0.1' })
  server.on('data', (answer) => { answers[/\d/.exec(String(answer))[0]]++ })
  server.on('close', () => {
    if (left > 1) connectOne(port, left - 1)
    else cluster.disconnect(report)
  })
}

function report () {
  for (let i = 1; i <= workers; i++) {
    console.log(`worker ${i} answered ${answers[i]}`)
  }
  console.log('all have ended')
}

if (cluster.isPrimary) {
  let listening = 0
  cluster.on('listening', (worker, { port }) => {
    if (++listening === workers) connectOne(port, clients)
  })
  for (let i = 0; i < workers; i++) cluster.fork()
} else {
  net.createServer((client) => {
    client.end(`worker ${cluster.worker.id}\n`)
  }).listen(0, '127.0.0.1')
}
