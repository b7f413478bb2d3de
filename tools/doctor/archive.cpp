// See archive.h. The format is POSIX' ustar.
#include "tools/doctor/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <numeric>
#include <string_view>

#include "base/unique_fd.h"

namespace tools::doctor {
namespace {

constexpr size_t kBlock = 512;

struct Place {
  size_t offset, size;
};
constexpr Place kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kTime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kMagic{257, 8};

void put(std::string& header, Place place, std::string_view text) {
  header.replace(place.offset, std::min(place.size, text.size()), text.substr(0, place.size));
}

std::string header_of(const std::string& name, size_t size, std::time_t now) {
  std::string header(kBlock, '\0');
  put(header, kName, name);
  put(header, kMode, "0000600");
  put(header, kUid, "0000000");
  put(header, kGid, "0000000");
  put(header, kSize, fmt::format("{:011o}", size));
  put(header, kTime, fmt::format("{:011o}", static_cast<unsigned long long>(now)));
  put(header, kChecksum, "        ");
  put(header, kType, "0");
  put(header, kMagic, std::string_view("ustar\00000", 8));
  const unsigned sum = std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, char c) {
    return total + static_cast<unsigned char>(c);
  });
  put(header, kChecksum, fmt::format("{:06o}", sum));
  header[kChecksum.offset + 6] = '\0';
  return header;
}

}  // namespace

base::Status write_archive(const std::string& file, const std::string& directory,
                           const std::vector<ArchiveEntry>& entries) {
  constexpr mode_t kOwnerOnly = 0600;
  const base::UniqueFd fd(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly));
  if (!fd.valid() || ::fchmod(fd.get(), kOwnerOnly) != 0) {
    return base::Error{fmt::format("{} cannot be written: {}", file, std::strerror(errno))};
  }
  const std::time_t now = std::time(nullptr);
  std::string archive;
  for (const auto& [name, text] : entries) {
    archive += header_of(directory + "/" + name, text.size(), now) + text;
    archive.append((kBlock - text.size() % kBlock) % kBlock, '\0');
  }
  archive.append(2 * kBlock, '\0');
  std::string_view rest = archive;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::Error{fmt::format("{} cannot be written: {}", file, std::strerror(errno))};
    rest.remove_prefix(static_cast<size_t>(written));
  }
  return base::Ok{};
}

}  // namespace tools::doctor
