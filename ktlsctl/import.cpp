// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/import.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/file.hpp"
#include "base/text.hpp"
#include "import/at_tls.hpp"
#include "import/tlshd.hpp"
#include "ktlsctl/status.hpp"

namespace ktls::command {
namespace {

using Importer = importer::Import (*)(std::string_view, std::string_view);

// The configuration goes to standard output, what does not mean the same to standard error.
int import(const std::string& file, Importer importer) {
  const auto text = read_file(file, importer::max_input);
  if (!text) {
    fmt::print(stderr, "ktlsctl: {}\n", text.error().message());
    return failed;
  }
  const auto made = importer(*text, file);
  fmt::print("{}", made.toml);
  for (const auto& line : made.problems)
    fmt::print(stderr, "{}\n", escape(line));
  return made.problems.empty() ? success : failed;
}

void add_one(CLI::App& command, const std::string& name, const std::string& what,
             const std::string& usual_file, Importer importer, int& status) {
  auto* one = command.add_subcommand(name, what);
  auto file = std::make_shared<std::string>(usual_file);
  auto* option = one->add_option("FILE", *file, "What to import");
  if (usual_file.empty())
    option->required();
  else
    option->capture_default_str();
  one->callback([file, importer, &status] { status = import(*file, importer); });
}

} // namespace

void add_import(CLI::App& policy, int& status) {
  auto* command = policy.add_subcommand(
      "import", "Write a configuration of another program as one for ktlsd, to standard output");
  command->require_subcommand(1);
  add_one(*command, "tlshd", "Of tlshd", "/etc/tlshd/config", importer::import_tlshd, status);
  add_one(*command, "at-tls", "Of AT-TLS: a z/OS Policy Agent file", "", importer::import_at_tls,
          status);
}

} // namespace ktls::command
