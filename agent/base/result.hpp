// SPDX-License-Identifier: GPL-2.0-or-later
// Result and Error: what a function that can fail returns.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace ktls {

// An error is forwarded, not inspected: what a caller must decide on belongs in the return type.
struct Error {
  std::error_code code;
  std::string context; // what was attempted, never key material

  [[nodiscard]] std::string message() const;
};

template<class T = void>
using Result = tl::expected<T, Error>;
using Unexpected = tl::unexpected<Error>;

// `number` is a positive errno. Default: the calling thread's errno.
[[nodiscard]] Unexpected errno_error(std::string context, int number = errno);

// Input that breaks a rule of ours: EINVAL, or EMSGSIZE and the like where it says more.
[[nodiscard]] Unexpected invalid(std::string context, std::errc code = std::errc::invalid_argument);

// Puts "context: " before what an error says already.
[[nodiscard]] Unexpected add_context(Error error, const std::string& context);

// For TRY(): tl::expected<void> has no value().
template<class T>
T value_of(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>)
    return *std::move(result);
}

// A broken invariant ends the process in every build; the supervisor starts it again.
void check(bool condition, const char* what);

} // namespace ktls

// The value of a Result, or a return with its error. One for each statement.
#define TRY(expression)                                                                            \
  __extension__({                                                                                  \
    auto&& try_result = (expression);                                                              \
    if (!try_result)                                                                               \
      return ::tl::make_unexpected(std::move(try_result).error());                                 \
    ::ktls::value_of(std::move(try_result));                                                       \
  })
