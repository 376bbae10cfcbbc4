// SPDX-License-Identifier: GPL-2.0-or-later
// All targets in one program: KTLS_FUZZ_TARGET says which of them this run is of.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

int fuzz_bus(const std::uint8_t* data, std::size_t size);
int fuzz_certificate(const std::uint8_t* data, std::size_t size);
int fuzz_chain(const std::uint8_t* data, std::size_t size);
int fuzz_crl(const std::uint8_t* data, std::size_t size);
int fuzz_extensions(const std::uint8_t* data, std::size_t size);
int fuzz_hello(const std::uint8_t* data, std::size_t size);
int fuzz_import_at_tls(const std::uint8_t* data, std::size_t size);
int fuzz_import_tlshd(const std::uint8_t* data, std::size_t size);
int fuzz_keys(const std::uint8_t* data, std::size_t size);
int fuzz_mapping(const std::uint8_t* data, std::size_t size);
int fuzz_match_rule(const std::uint8_t* data, std::size_t size);
int fuzz_messages(const std::uint8_t* data, std::size_t size);
int fuzz_metrics_request(const std::uint8_t* data, std::size_t size);
int fuzz_names(const std::uint8_t* data, std::size_t size);
int fuzz_netlink(const std::uint8_t* data, std::size_t size);
int fuzz_ocsp(const std::uint8_t* data, std::size_t size);
int fuzz_pattern(const std::uint8_t* data, std::size_t size);
int fuzz_pins(const std::uint8_t* data, std::size_t size);
int fuzz_policy(const std::uint8_t* data, std::size_t size);
int fuzz_post_handshake(const std::uint8_t* data, std::size_t size);
int fuzz_session_records(const std::uint8_t* data, std::size_t size);
int fuzz_user_record(const std::uint8_t* data, std::size_t size);
int fuzz_user_template(const std::uint8_t* data, std::size_t size);
int fuzz_values(const std::uint8_t* data, std::size_t size);
int fuzz_worker_configuration(const std::uint8_t* data, std::size_t size);

namespace {

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t*, std::size_t);
};
constexpr Target targets[] = {
    {"bus", fuzz_bus},
    {"certificate", fuzz_certificate},
    {"chain", fuzz_chain},
    {"crl", fuzz_crl},
    {"extensions", fuzz_extensions},
    {"hello", fuzz_hello},
    {"import-at-tls", fuzz_import_at_tls},
    {"import-tlshd", fuzz_import_tlshd},
    {"keys", fuzz_keys},
    {"mapping", fuzz_mapping},
    {"match-rule", fuzz_match_rule},
    {"messages", fuzz_messages},
    {"metrics-request", fuzz_metrics_request},
    {"names", fuzz_names},
    {"netlink", fuzz_netlink},
    {"ocsp", fuzz_ocsp},
    {"pattern", fuzz_pattern},
    {"pins", fuzz_pins},
    {"policy", fuzz_policy},
    {"post-handshake", fuzz_post_handshake},
    {"session-records", fuzz_session_records},
    {"user-record", fuzz_user_record},
    {"user-template", fuzz_user_template},
    {"values", fuzz_values},
    {"worker-configuration", fuzz_worker_configuration},
};
const Target* selected = nullptr;

} // namespace

extern "C" int LLVMFuzzerInitialize(const int* /*argc*/, const char* const* const* /*argv*/) {
  const char* name = std::getenv("KTLS_FUZZ_TARGET");
  const auto* found = std::ranges::find(targets, std::string_view(name ? name : ""), &Target::name);
  if (found == std::end(targets)) {
    fmt::print(stderr, "KTLS_FUZZ_TARGET must be one of:");
    for (const auto& target : targets)
      fmt::print(stderr, " {}", target.name);
    fmt::print(stderr, "\n");
    std::exit(2);
  }
  selected = found;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return selected->run(data, size);
}
