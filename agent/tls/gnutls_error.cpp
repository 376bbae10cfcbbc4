// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls/gnutls_error.hpp"

#include <gnutls/gnutls.h>

namespace ktls::tls {
namespace {

class GnutlsCategory final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "gnutls"; }
  [[nodiscard]] std::string message(int number) const override { return gnutls_strerror(number); }
  [[nodiscard]] std::error_condition default_error_condition(int number) const noexcept override {
    switch (number) {
    case GNUTLS_E_MEMORY_ERROR:
      return std::errc::not_enough_memory;
    case GNUTLS_E_TIMEDOUT:
      return std::errc::timed_out;
    default:
      return std::errc::permission_denied; // unknown: fail closed
    }
  }
};

} // namespace

const std::error_category& gnutls_category() {
  static const GnutlsCategory category;
  return category;
}

Unexpected gnutls_error(std::string context, int number) {
  return Unexpected(Error{std::error_code(number, gnutls_category()), std::move(context)});
}

} // namespace ktls::tls
