// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/handle.hpp"

#include "base/sanitizer.hpp"

namespace ktls {

Result<> forbid_inspection() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) < 0)
    return errno_error("forbidding core dumps");
  if (::prctl(PR_SET_DUMPABLE, 0) < 0)
    return errno_error("PR_SET_DUMPABLE");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return errno_error("PR_SET_NO_NEW_PRIVS");
  return {};
}

Result<> lock_memory() {
  // with less than no limit at all, a later allocation would fail where swap was the danger before
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
    return errno_error("locking memory (set LimitMEMLOCK=infinity, or give CAP_SYS_RESOURCE)");
  // on fault: what is never touched, such as most of the libraries, is not read in
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
    return errno_error("locking memory");
  return {};
}

Result<> keep_capabilities(std::span<const int> kept) {
  // needs CAP_SETPCAP; without it there is little in the bounding set to be had by an exec
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (std::find(kept.begin(), kept.end(), capability) == kept.end())
      (void)::prctl(PR_CAPBSET_DROP, capability);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  for (const int capability : kept) {
    auto& set = sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability)));
    set.permitted |= CAP_TO_MASK(capability);
    set.effective |= CAP_TO_MASK(capability);
  }
  if (::syscall(SYS_capset, &header, sets.data()) < 0)
    return errno_error("giving up capabilities");
  return {};
}

namespace {

Result<> add_rule(void* filter, int number, std::span<const scmp_arg_cmp> conditions = {}) {
  const int status = ::seccomp_rule_add_array(
      filter, SCMP_ACT_ALLOW, number, static_cast<unsigned>(conditions.size()), conditions.data());
  if (status < 0)
    return errno_error("seccomp_rule_add", -status);
  return {};
}

// Some only in the form that is needed: memory is never made executable, no other process gets a
// signal, also not through a descriptor's owner, no process but a thread is made, and no socket but
// a local one.
Result<> allow(void* filter, int number) {
  if (number == SCMP_SYS(mmap) || number == SCMP_SYS(mprotect)) {
    const std::array not_executable{scmp_arg_cmp{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}};
    return add_rule(filter, number, not_executable);
  }
  if (number == SCMP_SYS(socket)) {
    const std::array local{scmp_arg_cmp{0, SCMP_CMP_EQ, AF_UNIX, 0}};
    return add_rule(filter, number, local);
  }
  if (number == SCMP_SYS(clone)) {
    const std::array thread{
        scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD}};
    return add_rule(filter, number, thread);
  }
  if (number == SCMP_SYS(tgkill)) {
    const auto self = static_cast<scmp_datum_t>(::getpid());
    const std::array to_itself{scmp_arg_cmp{0, SCMP_CMP_EQ, self, 0}};
    return add_rule(filter, number, to_itself);
  }
  if (number == SCMP_SYS(fcntl)) {
    for (const int command :
         {F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GET_SEALS, F_GETLK, F_SETFD, F_SETLK, F_SETLKW}) {
      const auto value = static_cast<scmp_datum_t>(command);
      const std::array harmless{scmp_arg_cmp{1, SCMP_CMP_EQ, value, 0}};
      TRY(add_rule(filter, number, harmless));
    }
    return {};
  }
  return add_rule(filter, number);
}

} // namespace

Result<> allow_only(std::span<const int> allowed, std::span<const int> refused) {
  const Handle<void, seccomp_release> filter(::seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter)
    return errno_error("seccomp_init", ENOMEM);
  for (const int number : allowed)
    TRY(allow(filter.get(), number));
  for (const int number : refused) {
    const std::uint32_t error = number == SCMP_SYS(clone3) ? ENOSYS : EACCES;
    const int status = ::seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(error), number, 0);
    if (status < 0)
      return errno_error("seccomp_rule_add", -status);
  }
#ifdef KTLS_ADDRESS_SANITIZER
  TRY(allow(filter.get(), SCMP_SYS(pipe2))); // its way to see whether memory can be read
#endif
  const int status = ::seccomp_load(filter.get());
  if (status < 0)
    return errno_error("loading the system call filter", -status);
  return {};
}

} // namespace ktls
