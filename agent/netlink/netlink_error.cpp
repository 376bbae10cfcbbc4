// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/netlink_error.hpp"

#include <netlink/errno.h>

#include <cstdlib>
#include <system_error>

namespace ktls {
namespace {

class NetlinkCategory final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "netlink"; }
  [[nodiscard]] std::string message(int number) const override { return nl_geterror(number); }
  [[nodiscard]] std::error_condition default_error_condition(int number) const noexcept override {
    switch (number) {
    case NLE_NOMEM:
      return std::errc::not_enough_memory;
    case NLE_OBJ_NOTFOUND:
      return std::errc::no_such_file_or_directory;
    case NLE_PERM:
      return std::errc::operation_not_permitted;
    case NLE_AF_NOSUPPORT:
      return std::errc::address_family_not_supported;
    default:
      return std::errc::io_error;
    }
  }
};

const std::error_category& netlink_category() {
  static const NetlinkCategory category;
  return category;
}

} // namespace

Unexpected netlink_error(std::string context, int number) {
  return Unexpected(
      Error{std::error_code(std::abs(number), netlink_category()), std::move(context)});
}

} // namespace ktls
