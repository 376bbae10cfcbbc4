// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace ktls {

std::string Error::message() const {
  if (context.empty())
    return code.message();
  // invalid() says all there is to say: "Invalid argument" would add nothing
  if (code == std::errc::invalid_argument)
    return context;
  return context + ": " + code.message();
}

Unexpected errno_error(std::string context, int number) {
  return Unexpected(Error{std::error_code(number, std::generic_category()), std::move(context)});
}

Unexpected invalid(std::string context, std::errc code) {
  return Unexpected(Error{std::make_error_code(code), std::move(context)});
}

Unexpected add_context(Error error, const std::string& context) {
  error.context = error.context.empty() ? context : context + ": " + error.context;
  return Unexpected(std::move(error));
}

void check(bool condition, const char* what) {
  if (condition)
    return;
  (void)std::fprintf(stderr, "<0>broken invariant: %s\n", what);
  std::abort();
}

} // namespace ktls
