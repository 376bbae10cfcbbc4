// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/network_namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "base/fd.hpp"

namespace ktls {
namespace {

Result<Fd> open_namespace(const std::string& path) {
  // non-blocking: whatever is in its place must not hold us up
  Fd space(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!space)
    return errno_error(path);
  if (::ioctl(space.get(), NS_GET_NSTYPE) != CLONE_NEWNET)
    return invalid(path + ": not a network namespace");
  return space;
}

} // namespace

Result<> check_network_namespace(const std::string& path) {
  TRY(open_namespace(path));
  return {};
}

Result<> in_network_namespace(const std::string& path, const std::function<Result<>()>& open) {
  const Fd own = TRY(open_namespace("/proc/self/ns/net"));
  const Fd other = TRY(open_namespace(path));
  if (::setns(other.get(), CLONE_NEWNET) < 0) {
    if (errno == EPERM)
      return errno_error(path + ": entering a network namespace needs CAP_SYS_ADMIN");
    return errno_error(path + ": entering it");
  }
  const auto opened = open();
  check(::setns(own.get(), CLONE_NEWNET) == 0, "the way back into our own network namespace");
  if (!opened)
    return add_context(Error(opened.error()), path);
  return {};
}

} // namespace ktls
