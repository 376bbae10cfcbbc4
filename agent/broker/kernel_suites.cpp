// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/kernel_suites.hpp"

namespace ktls {
namespace {

std::vector<std::string_view> names_of(const std::vector<Cipher>& ciphers) {
  std::vector<std::string_view> names;
  names.reserve(ciphers.size());
  for (const auto cipher : ciphers)
    names.push_back(facts(cipher).name);
  return names;
}

} // namespace

KernelSuites suites_of(const KernelTls& kernel) {
  return {names_of(kernel.tls12), names_of(kernel.tls13), kernel.limits_records,
          kernel.changes_keys};
}

KernelSuites all_suites() {
  KernelTls kernel;
  for (const auto& row : cipher_table)
    kernel.tls13.push_back(row.cipher);
  kernel.tls12 = kernel.tls13;
  return suites_of(kernel);
}

} // namespace ktls
