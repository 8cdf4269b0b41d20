import CKernels
import Foundation
import TensorFiles

/// SHA-256 (FIPS 180-4), fed in pieces.
///
/// Of our own because nothing else here needs a cryptography package.
package struct SHA256: Sendable {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19
  )
  /// The bytes that do not yet fill a block of 64.
  private var pending: [UInt8] = []
  private var byteCount: UInt64 = 0

  package init() { pending.reserveCapacity(64) }

  /// Appends `bytes` to what is hashed.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !pending.isEmpty {
      let taken = rest.prefix(64 - pending.count)
      pending.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard pending.count == 64 else { return }
      let block = pending
      block.withUnsafeBytes { compress($0) }
      pending.removeAll(keepingCapacity: true)
    }
    let whole = rest.count / 64 * 64
    compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    pending.append(contentsOf: rest.dropFirst(whole))
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  package mutating func update(_ text: String) { update(Array(text.utf8)) }

  /// The hash of everything fed so far, as 64 lowercase hexadecimal digits.
  package func hexDigest() -> String {
    var copy = self
    var tail: [UInt8] = [0x80]
    let length = byteCount &* 8
    while (Int(byteCount % 64) + tail.count) % 64 != 56 { tail.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      tail.append(UInt8(truncatingIfNeeded: length >> UInt64(shift)))
    }
    copy.update(tail)
    let words = [
      copy.state.0, copy.state.1, copy.state.2, copy.state.3,
      copy.state.4, copy.state.5, copy.state.6, copy.state.7,
    ]
    return words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  package static func hexDigest(of text: String) -> String {
    var hash = SHA256()
    hash.update(text)
    return hash.hexDigest()
  }

  package static func hexDigest(of data: Data) -> String {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update($0) }
    return hash.hexDigest()
  }

  /// Of everything in a file.
  package static func hexDigest(of file: MappedFile) -> String {
    file.adviseSequential()
    var hash = SHA256()
    // Pages are given back as they are hashed: a file may be larger than memory.
    let block = 1 << 21
    for start in stride(from: 0, to: file.byteCount, by: block) {
      let range = start..<min(start + block, file.byteCount)
      file.withBytes(range) { hash.update($0) }
      if file.byteCount > block { file.releasePages(range) }
    }
    return hash.hexDigest()
  }

  /// Works through whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    guard let bytes = blocks.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
    withUnsafeMutableBytes(of: &state) { state in
      guard let words = state.assumingMemoryBound(to: UInt32.self).baseAddress else { return }
      kernels_sha256(words, bytes, blocks.count / 64)
    }
  }
}
