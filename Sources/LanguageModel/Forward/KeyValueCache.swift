/// The keys and values of one sequence.
///
/// Keys and values of a head lie together, `[capacity, headSize]`, so that attention over them is
/// one product. A cache that serves a single pass over a whole sequence needs room for one layer
/// only: every layer writes before it reads.
final class KeyValueCache {
  let capacity: Int
  private let memory: UnsafeMutablePointer<Float>
  private let headCount: Int
  private let headSize: Int
  private let isShared: Bool

  init(_ model: TransformerConfiguration, capacity: Int, isShared: Bool) {
    self.capacity = capacity
    self.isShared = isShared
    headCount = model.keyValueHeadCount
    headSize = model.headSize
    let layers = isShared ? 1 : model.layerCount
    memory = .allocate(capacity: max(layers * 2 * headCount * capacity * headSize, 1))
  }

  deinit { memory.deallocate() }

  /// `[capacity, headSize]`.
  func keys(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    memory + ((isShared ? 0 : layer) * 2 * headCount + head) * capacity * headSize
  }

  /// `[capacity, headSize]`.
  func values(layer: Int, head: Int) -> UnsafeMutablePointer<Float> {
    keys(layer: layer, head: head) + headCount * capacity * headSize
  }

  /// The bytes that a position takes over all layers.
  static func bytesPerPosition(_ model: TransformerConfiguration) -> Int {
    model.layerCount * 2 * model.keyValueWidth * MemoryLayout<Float>.stride
  }
}
