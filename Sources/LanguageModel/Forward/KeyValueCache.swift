import Foundation

/// The keys and values of one sequence.
///
/// Both lie head by head in panels, so that attention is two products: keys as `[positions, size]`
/// (a panel is 32 positions), values as `[size, positions]` (a panel is 32 components). A cache
/// that serves a single pass over a whole sequence needs room for one layer only: every layer
/// writes before it reads.
final class KeyValueCache {
  let capacity: Int
  private let memory: UnsafeMutablePointer<Float>
  private let headCount: Int
  private let headSize: Int
  private let isShared: Bool
  private let layers: Int

  init(_ model: TransformerConfiguration, capacity: Int, isShared: Bool) {
    self.capacity = capacity
    self.isShared = isShared
    self.layers = isShared ? 1 : model.layerCount
    headCount = model.keyValueHeadCount
    headSize = model.headSize
    let count =
      layers * headCount
      * (Panels.padded(capacity) * headSize + Panels.padded(headSize) * capacity)
    let bytes = count * MemoryLayout<Float>.stride
    // A large page costs one fault, where small ones would cost hundreds.
    let page = 1 << 21
    let isLarge = bytes >= page
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? page : 64)
    if isLarge { madvise(raw, bytes / page * page, MADV_HUGEPAGE) }
    memory = raw.bindMemory(to: Float.self, capacity: count)
  }

  deinit { UnsafeMutableRawPointer(memory).deallocate() }

  private var keyCount: Int { Panels.padded(capacity) * headSize }

  private var valueCount: Int { Panels.padded(headSize) * capacity }

  private func room(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    room((isShared ? 0 : layer) * headCount + head)
  }

  private func room(_ index: Int) -> UnsafeMutablePointer<Float> {
    memory + index * (keyCount + valueCount)
  }

  func keys(layer: Int, head: Int) -> Panels {
    Panels(room(layer: layer, head: head), depth: headSize)
  }

  func values(layer: Int, head: Int) -> Panels {
    Panels(room(layer: layer, head: head) + keyCount, depth: capacity)
  }

  /// Puts a key and a value, each `[headSize]`, at a position.
  func store(
    _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>, layer: Int, head: Int,
    position: Int
  ) {
    let width = Panels.width
    let keys = room(layer: layer, head: head)
    let column = keys + position / width * width * headSize + position % width
    for index in 0..<headSize { column[index * width] = key[index] }
    let values = keys + keyCount + position * width
    for first in stride(from: 0, to: headSize, by: width) {
      (values + first * capacity).update(from: value + first, count: min(width, headSize - first))
    }
  }

  /// Takes over the first positions of a cache of the same model.
  func copy(_ positions: Int, from other: KeyValueCache) {
    precondition(
      positions <= min(capacity, other.capacity) && layers == other.layers,
      "expected \(positions) positions of \(layers) layers in both caches")
    let width = Panels.width
    for index in 0..<layers * headCount {
      let (own, others) = (room(index), other.room(index))
      own.update(from: others, count: Panels.padded(positions) * headSize)
      for panel in 0..<Panels.padded(headSize) / width {
        (own + keyCount + panel * capacity * width).update(
          from: others + other.keyCount + panel * other.capacity * width, count: positions * width)
      }
    }
  }
}
