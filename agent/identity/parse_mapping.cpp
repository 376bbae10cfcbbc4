// SPDX-License-Identifier: GPL-2.0-or-later
// parse_mapping(): from files to a mapping, or to all that is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/anchor_table.hpp"
#include "identity/extension_table.hpp"
#include "identity/filter_table.hpp"
#include "identity/mapping_parts.hpp"
#include "identity/settings_table.hpp"
#include "policy/path_values.hpp"

namespace ktls::identity {
namespace {

using policy::Entry;
using policy::Problems;
using policy::Table;

constexpr std::size_t max_pin_files = 64;
constexpr std::size_t max_host_ids = 16;
constexpr std::size_t max_in_flight = 100'000;

constexpr std::array<policy::Key, 4> mapd_keys{{
    {"sources", ""},
    {"max_in_flight", ""},
    {"host_ids", ""},
    {"pins", ""},
}};
constexpr std::array<std::string_view, 11> tables{"mapd", "anchor", "filter",  "extension",
                                                  "sid",  "spiffe", "upn",     "email",
                                                  "sssd", "mapper", "accounts"};
constexpr std::array<Source, 5> all_sources{Source::Pin, Source::Filter, Source::Extension,
                                            Source::Sssd, Source::Mapper};

class Loader {
public:
  Loader(std::span<const policy::SourceFile> files, const FileReader& read)
      : read_(read), report_(files), documents_(files, report_) {}

  tl::expected<Mapping, Problems> load() {
    documents_.check_tables(tables);
    const auto [table, file, is_there] = documents_.only("mapd");
    const Table in("mapd", *table, file, mapd_keys, report_);
    in.read("max_in_flight", 1, max_in_flight, settings_.max_in_flight);
    for (const auto& host : in.strings("host_ids", max_host_ids))
      host_ids_.push_back(lower_case(host));
    pin_files_ = policy::read_paths(in, "pins", policy::PathKind::Path, max_pin_files);
    load_anchors();
    load_filters();
    extensions_ = read_extensions(documents_, host_ids_, anchors_, report_);
    settings_.sssd = read_sssd(documents_, report_);
    settings_.mappers = read_mappers(documents_, report_);
    settings_.accounts = read_accounts(documents_, report_);
    load_sources(in);
    Problems pin_problems;
    auto pins = load_pins(pin_problems);
    auto problems = report_.take();
    problems.lines.insert(problems.lines.end(), pin_problems.lines.begin(),
                          pin_problems.lines.end());
    if (!problems.lines.empty())
      return tl::make_unexpected(std::move(problems));
    return Mapping(std::make_unique<const Mapping::Parts>(Mapping::Parts{
        std::move(settings_), std::move(host_ids_), std::move(pin_files_), std::move(anchors_),
        std::move(pins), Filters(std::move(filters_)), std::move(extensions_)}));
  }

private:
  void load_anchors() {
    for (const auto& node : documents_.named("anchor", anchor_names_)) {
      auto anchor = read_anchor(node, read_, report_);
      const auto same = std::ranges::find(anchors_, anchor.spki, &Anchor::spki);
      if (anchor.spki && same != anchors_.end())
        report_.add(node.place, fmt::format("anchor.{}", node.name),
                    fmt::format("has the same key as anchor.{}, in {}", same->name, same->where));
      anchors_.push_back(std::move(anchor));
    }
  }

  void load_filters() {
    const FilterReader reader{anchor_names_, filter_names_, report_};
    std::vector<policy::Place> places;
    documents_.each("filter", [&](const toml::table& table, std::uint32_t file) {
      const auto place = policy::place_of(table.source(), file);
      if (places.size() == Filters::max_filters)
        return report_.add(place, "filter",
                           fmt::format("there are more than {} filters", Filters::max_filters));
      if (auto filter = reader.read(table, file)) {
        filters_.push_back(*std::move(filter));
        places.push_back(place);
      }
    });
    check_ties(filters_, places, report_);
  }

  [[nodiscard]] bool is_configured(Source source) const {
    switch (source) {
    case Source::Pin:
      return !pin_files_.empty();
    case Source::Filter:
      return !filters_.empty();
    case Source::Extension:
      return !extensions_.empty();
    case Source::Sssd:
      return settings_.sssd.enabled;
    case Source::Mapper:
      return !settings_.mappers.empty();
    }
    return false;
  }

  void load_sources(const Table& in) {
    std::ranges::copy_if(all_sources, std::back_inserter(settings_.sources),
                         [&](Source source) { return is_configured(source); });
    if (!in.has("sources"))
      return;
    std::vector<Source> listed;
    in.each("sources", all_sources.size(), [&](const Entry& entry, const toml::node& value) {
      const auto* text = value.as_string();
      const auto* source = text == nullptr
                               ? all_sources.end()
                               : std::ranges::find(all_sources, std::string_view(text->get()),
                                                   [](Source one) { return name_of(one); });
      if (source == all_sources.end())
        return in.problem(entry, value,
                          "must be some of \"pin\", \"filter\", \"extension\", \"sssd\", "
                          "\"mapper\"");
      if (!listed.empty() && listed.back() >= *source)
        in.problem(entry, value,
                   "is out of order: sources are always asked as pin, filter, extension, sssd, "
                   "mapper, so write them once and so");
      else if (!is_configured(*source) && report_.has_seen_everything())
        in.problem(entry, value,
                   fmt::format("{} is to be asked, but not configured", name_of(*source)));
      listed.push_back(*source);
    });
    settings_.sources = std::move(listed);
  }

  PinTable load_pins(Problems& problems) {
    std::vector<policy::SourceFile> files;
    for (const auto& [path, where] : pin_files_) {
      auto text = read_(path);
      if (text)
        files.push_back({path, *std::move(text)});
      else
        problems.lines.push_back(
            fmt::format("{}: {}: {}", where, escape(path), text.error().message()));
    }
    return PinTable::parse(files, problems);
  }

  const FileReader& read_;
  policy::Report report_;
  policy::Documents documents_;
  policy::NameIndex anchor_names_{"anchor", report_};
  policy::NameIndex filter_names_{"filter", report_};
  Settings settings_;
  Texts host_ids_;
  std::vector<policy::LocatedPath> pin_files_;
  std::vector<Anchor> anchors_;
  std::vector<Filter> filters_;
  ExtensionRules extensions_;
};

} // namespace

tl::expected<Mapping, Problems> parse_mapping(std::span<const policy::SourceFile> files,
                                              const FileReader& read) {
  return Loader(files, read).load();
}

} // namespace ktls::identity
