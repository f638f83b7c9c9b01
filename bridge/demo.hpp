// samepage-bridge demo: two hosts on this machine, and a server between them.
// SPDX-License-Identifier: MIT
#pragma once

namespace samepage::bridge {

// Starts a nats-server on loopback and two bridges, each with names of its own; edits a table on one side and shows it
// on the other, also past a server that is killed. All of it is gone at the end. Throws failure (not_found: there is no
// nats-server).
int demo(bool json);

}  // namespace samepage::bridge
