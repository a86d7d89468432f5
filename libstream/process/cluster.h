/* SPDX-License-Identifier: ISC */
/*
 * cluster.h - what a primary and its workers say to each other
 */
#ifndef PROCESS_CLUSTER_H
#define PROCESS_CLUSTER_H

/* In the environment of a worker. */
#define CLUSTER_ID "STREAM_WORKER_ID"
#define CLUSTER_LISTEN_FD "STREAM_LISTEN_FD"

/* From the worker: it is there; it has the connection. */
#define CLUSTER_ONLINE "{\"cmd\":\"STREAM_ONLINE\"}"
#define CLUSTER_TAKEN "{\"cmd\":\"STREAM_TAKEN\"}"
/* To the worker, with a descriptor. */
#define CLUSTER_CONNECTION "{\"cmd\":\"STREAM_CONNECTION\"}"

#endif
