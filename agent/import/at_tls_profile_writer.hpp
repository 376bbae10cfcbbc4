// SPDX-License-Identifier: GPL-2.0-or-later
// ProfileWriter: one [profile] table, from the parameters of actions of AT-TLS.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "import/at_tls_algorithms.hpp"
#include "import/at_tls_keyrings.hpp"
#include "import/at_tls_parameters.hpp"
#include "import/toml_writer.hpp"

namespace ktls::importer {

class ProfileWriter {
public:
  // All of them must outlive it.
  ProfileWriter(Parameters& parameters, Problems& problems, Keyrings& keyrings, TomlWriter& out)
      : parameters_(parameters), problems_(problems), keyrings_(keyrings), out_(out) {}

  // False: no profile can be made of them; nothing is written but comments.
  bool write(const std::string& name, const Statement& environment);
  // Comments for all parameters that nobody has taken.
  void write_leftovers();

  [[nodiscard]] bool application_controlled() const { return application_controlled_; }
  [[nodiscard]] std::uint64_t timeout() const { return timeout_; }

private:
  enum class Role { Client, Server, ServerWithClientAuth };

  void note(const Statement& statement, std::string_view why);
  void comment(const Statement& statement, std::string_view why);
  bool on(const Statement* statement);

  bool read_role(const Statement& environment);
  void write_client_auth();
  void write_credentials();
  void write_trust();
  void write_verification(const Statement& environment);
  void write_key_sizes();
  void write_key_size(std::string_view keyword, std::string_view key, std::uint64_t least,
                      std::uint64_t most);
  void write_versions(const Statement& environment);
  void write_algorithms();
  // Values of parameters, and where they stand.
  struct Listed {
    Strings values;
    Line line = 0; // of the first
    std::string remark;
  };
  void list(std::string_view keyword, Listed& out);
  void write_list(std::string_view key, const Algorithms& known, const Listed& listed);
  void write_suites();
  void write_list_of(std::string_view key, AlgorithmKind kind,
                     std::initializer_list<std::string_view> keywords);
  void write_suite_b(const Statement& statement, const SuiteB& suite);
  void write_tickets();
  void write_timeout();
  void write_log_level();
  void read_control();
  void write_leftover(const Parameters::Leftover& leftover);

  Parameters& parameters_;
  Problems& problems_;
  Keyrings& keyrings_;
  TomlWriter& out_;
  const Statement* keyring_ = nullptr;
  const Statement* role_statement_ = nullptr;
  Role role_ = Role::Client;
  bool pass_through_ = false;
  bool application_controlled_ = false;
  std::uint64_t timeout_ = 0;
};

} // namespace ktls::importer
