/// What a list or a set holds.
///
/// Integers by themselves are kept without a tag each: a region's members are a list of millions.
package struct PickleElements: Sendable, Hashable {
  // Equal elements are in the same case: `integers` where there are some and nothing else.
  private enum Storage: Sendable, Hashable {
    case values([PickleValue])
    case integers([Int])
  }

  private let storage: Storage

  package init(_ values: [PickleValue]) {
    let isIntegers = values.allSatisfy { if case .int = $0 { true } else { false } }
    storage =
      isIntegers && !values.isEmpty
      ? .integers(values.compactMap { $0.intValue.map(Int.init) }) : .values(values)
  }

  init(integers: [Int]) { storage = integers.isEmpty ? .values([]) : .integers(integers) }

  package var values: [PickleValue] {
    switch storage {
    case .values(let values): values
    case .integers(let integers): integers.map { .int(Int64($0)) }
    }
  }

  /// `nil` where something else is among them, or nothing is.
  package var integers: [Int]? {
    if case .integers(let integers) = storage { integers } else { nil }
  }
}

extension PickleElements: ExpressibleByArrayLiteral {
  package init(arrayLiteral values: PickleValue...) { self.init(values) }
}
