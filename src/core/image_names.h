// What a container's image is called, from everything that its engine says about it. The one table of where
// engines name images, for their APIs, events, bundles and files alike. Pure; any thread. Documented in
// docs/engines.md, "Names of images".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/container.h"

namespace core {

// Where a name stands. The order is that of preference: what the user asked for, what the engine picked among
// the names that its image has, names by digest.
enum class ImagePlace : uint8_t {
  kConfigured,         // the static engine's container_image
  kDockerImage,        // Docker's Config.Image, a list's and an event's image
  kPodmanImageName,    // Podman's ImageName, a list's and an event's image, "image-name" in its storage
  kCriUserSpecified,   // CRI: status.image.user_specified_image
  kCriUserConfig,      // CRI, verbose: config.image.user_specified_image
  kCriAnnotation,      // bundles of containerd's CRI: io.kubernetes.cri.image-name
  kCrioUserRequested,  // bundles of CRI-O: io.kubernetes.cri-o.UserRequestedImage
  kCrioImageName,      // io.kubernetes.cri-o.ImageName
  kCrioSomeName,       // io.kubernetes.cri-o.SomeNameOfTheImage
  kContainerdImage,    // containerd: Container.image, an event's image
  kCriImage,           // CRI: status.image.image
  kCrioImage,          // io.kubernetes.cri-o.Image
  kCriSandboxImage,    // io.kubernetes.cri.podsandbox.image-name, a sandbox's info.image
  kDockerRepoTag,      // one of the image's RepoTags
  kCriImageRef,        // CRI: status.image_ref
  kCrioRepoDigest,     // one of io.kubernetes.cri-o.ImageRepoDigests
  kDockerRepoDigest,   // one of the image's RepoDigests
  kBareDigest,         // a digest alone: Podman's ImageDigest
};

struct ImageWord {
  ImagePlace place;
  std::string_view text;  // a reference; empty texts and image ids say nothing
};

// Sets image, image_repository, image_tag and image_digest; leaves them alone when no word is a name.
//   - The name is the word of the first place that has one. Repository and tag are that word's; the tag is
//   "latest"
//     where neither tag nor digest is written.
//   - The digest is that word's own, else one that is told for the same repository, else the only one that is
//   told.
//   - What a pod's author asked for may be short ("busybox:1"): then it is the full name among the engine's
//   that ends
//     with it, else, with containerd, Docker Hub's.
void name_image(std::span<const ImageWord> words, Container& container);

}  // namespace core
