// SPDX-License-Identifier: ISC
// The twin of ../ticks.c: ticks run after every single callback.
'use strict'

const say = (text) => () => console.log(text)

setTimeout(() => {
  console.log('T1')
  process.nextTick(say('tick1'))
}, 1)
setTimeout(() => {
  console.log('T2')
  process.nextTick(say('tick2'))
  setImmediate(() => {
    console.log('I1')
    process.nextTick(say('itick1'))
    setImmediate(say('I3 next turn'))
  })
  setImmediate(() => {
    console.log('I2')
    process.nextTick(say('itick2'))
  })
}, 1)
