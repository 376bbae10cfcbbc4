// SPDX-License-Identifier: GPL-2.0-or-later
// GnuTLS priorities: the system's crypto policy, narrowed to what the kernel can carry on and what
// a profile wants. Nothing that the system's policy leaves out comes back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ipc/profile.hpp"

namespace ktls::tls {

// Names are those of tls/names.hpp. An empty list leaves the choice, and always the order of what
// is not listed, to the system's policy.
struct PriorityRequest {
  std::vector<std::string_view> kernel_suites; // that the kernel takes, by TLS 1.3's names
  std::vector<std::string> ciphers;
  std::vector<std::string> groups; // in order of preference
  std::vector<std::string> signature_algorithms;
  bool tls12 = false;
  bool tls13 = true;
  ipc::Authentication authentication = ipc::Authentication::Certificate;
};

// An error when the policy leaves nothing of a list; names it.
Result<std::string> priority_for(const PriorityRequest& request);

// GnuTLS reads a priority string once; sessions share the result.
class Priority {
public:
  static Result<Priority> create(const std::string& text);
  Priority(Priority&&) noexcept;
  Priority& operator=(Priority&&) noexcept;
  ~Priority();
  struct Parts;
  [[nodiscard]] const Parts& parts() const { return *parts_; } // for this folder only

private:
  explicit Priority(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace ktls::tls
