#include <algorithm>
#include <array>
#include <string_view>

#include "seccomp/groups.h"

namespace sekisho::seccomp {
namespace {

struct Danger {
  std::string_view syscall;
  std::string_view why;
};

// Sorted by name. What is written is what the call itself opens, given whatever capabilities it
// asks for; a call that any capability or user namespace makes available is said so.
constexpr auto kDangers = std::to_array<Danger>({
    {"acct", "makes the kernel write a record of every process that ends on the node into a file"},
    {"add_key", "stores keys in the kernel, where no namespace separates containers"},
    {"adjtimex", "steers the clock of the whole node"},
    {"bpf",
     "loads programs into the kernel; mistakes of its verifier gave root to unprivileged users"},
    {"chroot", "moves the root directory; with a directory held open it leads out of an old root"},
    {"clock_adjtime", "steers the clock of the whole node"},
    {"clock_adjtime64", "steers the clock of the whole node"},
    {"clock_settime", "sets the clock of the whole node"},
    {"clock_settime64", "sets the clock of the whole node"},
    {"clone",
     "with CLONE_NEWUSER makes a user namespace, in which the container has every capability over "
     "kernel code that is otherwise root's"},
    {"clone3", "makes namespaces as clone does, with flags in memory, where no filter can look"},
    {"create_module", "loads code into old kernels"},
    {"delete_module", "unloads kernel modules of the node"},
    {"fanotify_init", "sees, and can hold up, every file access on a file system of the node"},
    {"finit_module", "loads code into the kernel from a file"},
    {"fsconfig",
     "sets up a file system by hand; its parameter parsing let user namespaces overrun kernel "
     "memory"},
    {"fsmount", "makes a mount of a file system that fsopen prepared"},
    {"fsopen", "begins a mount by the newer calls, which a rule about mount does not cover"},
    {"fspick", "reconfigures a mounted file system, the node's too if it can be reached"},
    {"get_kernel_syms", "lists modules and symbols of old kernels"},
    {"get_mempolicy", "tells how the node places memory, and of which processor a page is"},
    {"init_module", "loads code into the kernel"},
    {"io_uring_enter", "runs the calls queued in a ring, none of which seccomp sees"},
    {"io_uring_register", "registers files and buffers for calls that seccomp does not see"},
    {"io_uring_setup",
     "opens a second way to most calls that seccomp does not see, and a rich source of kernel "
     "exploits"},
    {"ioperm", "gives direct access to I/O ports of the machine"},
    {"iopl", "gives direct access to all I/O ports of the machine"},
    {"kcmp",
     "compares kernel objects of other processes, which tells how kernel memory is laid out"},
    {"kexec_file_load", "starts another kernel in place of the node's"},
    {"kexec_load", "starts another kernel in place of the node's, past its signature check"},
    {"keyctl",
     "reads and changes kernel keys, which no namespace separates; several kernel "
     "exploits began with it"},
    {"lookup_dcookie", "turns kernel cookies into paths of the node's files"},
    {"mbind", "places memory on the node's processors, and has been used to shape kernel memory"},
    {"migrate_pages", "moves the memory of other processes between the node's processors"},
    {"modify_ldt",
     "sets up segments of old processors; a rarely used part of the kernel with a "
     "history of mistakes"},
    {"mount", "attaches file systems: the node's disks, /proc without its masks, cgroups"},
    {"mount_setattr", "changes whole trees of mounts, read-only to writable"},
    {"move_mount", "attaches or moves mounts by the newer calls, over the runtime's masks too"},
    {"move_pages", "tells of and moves pages of other processes"},
    {"name_to_handle_at", "makes the numbers with which open_by_handle_at opens files"},
    {"nfsservctl", "commands the NFS server of old kernels"},
    {"open_by_handle_at",
     "opens any file of a mounted file system by number, outside of the container's root too"},
    {"open_tree", "copies mounts without mount, from wherever a directory can be reached"},
    {"perf_event_open",
     "measures the kernel and other processes; leaks addresses, and kernel exploits began with it"},
    {"personality", "turns off address randomisation and read implies execute, for what it runs"},
    {"pidfd_getfd", "takes open files out of another process"},
    {"pivot_root", "changes the root file system of the mount namespace"},
    {"process_madvise", "advises the kernel on another process's memory, to have it paged out"},
    {"process_vm_readv", "reads the memory of other processes"},
    {"process_vm_writev", "writes the memory of other processes"},
    {"ptrace",
     "steers other processes; on kernels before 4.8 it also stepped around seccomp itself"},
    {"query_module", "lists modules and symbols of old kernels"},
    {"quotactl", "changes disk quotas of the node's file systems"},
    {"quotactl_fd", "changes disk quotas of the node's file systems"},
    {"reboot", "restarts or stops the machine where the pid namespace is the node's"},
    {"request_key", "searches kernel keys and makes the kernel start a helper on the node"},
    {"s390_pci_mmio_read", "reads PCI devices of the machine directly"},
    {"s390_pci_mmio_write", "writes PCI devices of the machine directly"},
    {"set_mempolicy", "places memory on the node's processors"},
    {"setdomainname", "changes the domain name of the UTS namespace, which may be the node's"},
    {"sethostname", "changes the host name of the UTS namespace, which may be the node's"},
    {"setns", "enters the namespaces of other processes, the node's too if it can reach them"},
    {"settimeofday", "sets the clock of the whole node"},
    {"socket",
     "opens sockets of rarely used families (AF_ALG, AF_VSOCK, AF_PACKET, …), each a door to "
     "kernel code or to the hypervisor"},
    {"socketcall",
     "opens sockets of every family for 32-bit programs, with arguments in memory, where no filter "
     "can look"},
    {"stime", "sets the clock of the whole node"},
    {"swapoff", "takes swap space from the node"},
    {"swapon", "adds swap space to the node, out of a file of its choice"},
    {"syslog", "reads and clears the kernel's messages, kernel addresses among them"},
    {"umount", "detaches mounts, those that hide or protect something too"},
    {"umount2", "detaches mounts, those that hide or protect something too"},
    {"unshare",
     "with CLONE_NEWUSER makes a user namespace, in which the container has every capability over "
     "kernel code that is otherwise root's"},
    {"uselib", "maps libraries by an old call with a history of mistakes"},
    {"userfaultfd",
     "holds the kernel up in the middle of a copy, which makes races in it easy to win"},
    {"ustat", "tells of file systems of the node by device number"},
    {"vhangup", "hangs up the terminal, which may be another's"},
    {"vm86", "runs 16-bit code; a rarely used part of the kernel"},
    {"vm86old", "runs 16-bit code; a rarely used part of the kernel"},
    {"vmsplice",
     "keeps pages of a process in a pipe past their copy-on-write, which let containers read "
     "memory "
     "of others and old kernels give root"},
});

}  // namespace

std::string_view WhyItMatters(std::string_view syscall) {
  const auto* const found = std::ranges::lower_bound(kDangers, syscall, {}, &Danger::syscall);
  return found != kDangers.end() && found->syscall == syscall ? found->why : "";
}

}  // namespace sekisho::seccomp
