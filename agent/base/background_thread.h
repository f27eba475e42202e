// Threads that write down, look and compare: what they do can wait, and a call cannot.
#pragma once

namespace sekisho::base {

// The calling thread gives way to the others of this process where they want the same CPU: a nice
// of 5, which leaves it a quarter of a CPU that one other thread keeps busy (sched(7)). On Linux
// nice is a thread's own.
void GiveWay();

}  // namespace sekisho::base
