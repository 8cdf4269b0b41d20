import Foundation
import TensorFiles

/// The hash that a hub names a file's content by: git's own, or SHA-256 of large files. It is the blob's name in the
/// cache.
package enum HubHash: Sendable, Hashable {
  case git(String)
  case sha256(String)

  package init?(git text: String) {
    guard Self.isHexadecimal(text, count: 40) else { return nil }
    self = .git(text.lowercased())
  }

  package init?(sha256 text: String) {
    guard Self.isHexadecimal(text, count: 64) else { return nil }
    self = .sha256(text.lowercased())
  }

  package var text: String {
    switch self {
    case .git(let text), .sha256(let text): text
    }
  }

  static func isHexadecimal(_ text: String, count: Int) -> Bool {
    text.utf8.count == count && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }

  /// What the content of a file comes to by the same rule.
  ///
  /// - Parameter check: called between blocks; what it throws ends it.
  package func computed(of url: URL, check: () throws -> Void = {}) throws -> HubHash {
    let name = url.lastPathComponent
    let descriptor = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError(errno: errno, "cannot be read", file: name) }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    var (sha256, sha1) = (SHA256(), SHA1())
    if case .git = self { sha1.update(Array("blob \(status.st_size)\0".utf8)) }
    var block = [UInt8](repeating: 0, count: 1 << 22)
    while true {
      try check()
      let count = read(descriptor, &block, block.count)
      guard count > 0 else {
        guard count == 0 else { throw StorageError(errno: errno, "cannot be read", file: name) }
        break
      }
      switch self {
      case .git: sha1.update(Array(block.prefix(count)))
      case .sha256: block.withUnsafeBytes { sha256.update(.init(rebasing: $0.prefix(count))) }
      }
    }
    return switch self {
    case .git: .git(sha1.hexDigest())
    case .sha256: .sha256(sha256.hexDigest())
    }
  }
}

/// SHA-1 (FIPS 180-4), by which git names what it keeps. Nothing here is trusted for it: it finds what was cut.
struct SHA1 {
  private var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  mutating func update(_ bytes: [UInt8]) {
    byteCount += UInt64(bytes.count)
    pending += bytes
    let whole = pending.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { compress(pending[start..<start + 64]) }
    pending.removeFirst(whole)
  }

  func hexDigest() -> String {
    var copy = self
    var tail: [UInt8] = [0x80]
    while (pending.count + tail.count) % 64 != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: (byteCount * 8) >> UInt64(shift)))
    }
    copy.update(tail)
    return copy.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func compress(_ block: ArraySlice<UInt8>) {
    func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
    var words: [UInt32] = []
    words.reserveCapacity(80)
    for start in stride(from: block.startIndex, to: block.endIndex, by: 4) {
      words.append(block[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    for index in 16..<80 {
      words.append(
        rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for (index, word) in words.enumerated() {
      let (mixed, constant): (UInt32, UInt32) =
        switch index {
        case 0..<20: (b & c | ~b & d, 0x5a82_7999)
        case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case 40..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
      let next = rotated(a, 5) &+ mixed &+ e &+ constant &+ word
      (a, b, c, d, e) = (next, a, rotated(b, 30), c, d)
    }
    for (index, word) in [a, b, c, d, e].enumerated() { state[index] &+= word }
  }
}
