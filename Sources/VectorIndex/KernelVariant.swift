import CVectorKernels

/// A set of distance kernels, compiled for one instruction set.
package enum KernelVariant: Sendable, Hashable, CaseIterable {
  /// The reference that the others are tested against: in order, summed in double.
  case scalar
  case avx2
  case avx512
  case neon

  init(_ variant: vk_variant) {
    switch variant {
    case VK_AVX2: self = .avx2
    case VK_AVX512: self = .avx512
    case VK_NEON: self = .neon
    default: self = .scalar
    }
  }

  var code: vk_variant {
    switch self {
    case .scalar: VK_SCALAR
    case .avx2: VK_AVX2
    case .avx512: VK_AVX512
    case .neon: VK_NEON
    }
  }

  /// Whether this build and this CPU can run it.
  package var isSupported: Bool { vk_is_supported(code) }

  /// As written in `QUIVER_KERNELS`.
  package var name: String { String(cString: vk_name(code)) }
}
