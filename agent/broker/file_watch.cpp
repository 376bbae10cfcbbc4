// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/file_watch.hpp"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "base/log.hpp"

namespace ktls {
namespace {

// A file is written in place, renamed into place, made, removed, or gets other permissions.
constexpr std::uint32_t changes =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB;

} // namespace

void FileWatch::stop() {
  events_.reset();
  settling_.reset();
  inotify_.reset();
  names_.clear();
}

// The directories are watched, not the files: a file that is replaced is another file.
void FileWatch::watch(const std::set<std::string>& paths) {
  stop();
  inotify_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  auto source = inotify_
                    ? loop_.on_io(inotify_.get(), EPOLLIN, [this](std::uint32_t) { on_events(); })
                    : errno_error("inotify_init1");
  if (!source)
    return log::warning("files are not watched: {}", source.error().message());
  events_ = std::move(*source);
  for (const auto& path : paths) {
    const std::filesystem::path named(path);
    std::error_code none;
    if (std::filesystem::is_directory(named, none))
      add(path, "");
    add(named.parent_path(), named.filename());
    // where a link leads to may change as well
    const auto real = std::filesystem::canonical(named, none);
    if (!none && real != named)
      add(real.parent_path(), real.filename());
  }
}

void FileWatch::add(const std::string& directory, const std::string& name) {
  const int watch =
      ::inotify_add_watch(inotify_.get(), directory.c_str(), changes | IN_MASK_ADD | IN_ONLYDIR);
  if (watch >= 0)
    names_[watch].insert(name);
  else if (errno != ENOENT)
    log::warning("{} is not watched: {}", directory, std::strerror(errno));
}

void FileWatch::on_events() {
  alignas(inotify_event) std::array<char, 16'384> room{};
  bool changed = false;
  for (;;) {
    const ssize_t size = ::read(inotify_.get(), room.data(), room.size());
    if (size <= 0)
      break;
    for (ssize_t at = 0; at < size;) {
      inotify_event event{};
      std::memcpy(&event, room.data() + at, sizeof event);
      const char* name = room.data() + at + sizeof event;
      const auto known = names_.find(event.wd);
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      changed = changed || lost ||
                (known != names_.end() &&
                 (known->second.contains("") || (event.len > 0 && known->second.contains(name))));
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  if (changed)
    settle();
}

void FileWatch::settle() {
  auto timer = loop_.on_time(loop_.now() + settling, [this] {
    settling_.reset();
    on_change_();
  });
  check(timer.has_value(), "a timer can be set");
  settling_ = std::move(*timer);
}

} // namespace ktls
