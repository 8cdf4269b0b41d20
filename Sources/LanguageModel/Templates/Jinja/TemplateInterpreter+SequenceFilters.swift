import Foundation

extension TemplateInterpreter {
  enum PathPart {
    case name(String)
    case index(Int)
  }

  /// `a.0.b`
  func path(_ attribute: TemplateValue) throws -> [PathPart] {
    switch attribute {
    case .none: return []
    case .text(let text):
      return text.string.split(separator: ".", omittingEmptySubsequences: false).map {
        let isNumber = !$0.isEmpty && $0.unicodeScalars.allSatisfy(PythonCharacter.isDigit)
        return isNumber ? Int($0).map(PathPart.index) ?? .name(String($0)) : .name(String($0))
      }
    default: return [.index(try integer(attribute, "attribute", default: 0))]
    }
  }

  func follow(
    _ value: TemplateValue, _ parts: [PathPart], default fallback: TemplateValue? = nil
  ) throws -> TemplateValue {
    var value = value
    for part in parts {
      switch part {
      case .name(let name): value = try item(value, .text(name))
      case .index(let index): value = try item(value, .integer(index))
      }
      if let fallback, case .undefined = value { value = fallback }
    }
    return value
  }

  private func folded(_ value: TemplateValue) -> TemplateValue {
    if case .text(let text) = value { .text(text.lowercased()) } else { value }
  }

  private func keyed(
    _ caseSensitive: TemplateValue?, _ attribute: TemplateValue?
  ) throws -> (TemplateValue) throws -> TemplateValue {
    let parts = try path(attribute ?? .none)
    let isSensitive = try caseSensitive.map { try isTrue($0) } ?? false
    return { [self] value in
      let found = try follow(value, parts)
      try spend()
      return isSensitive ? found : folded(found)
    }
  }

  func listFilter(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    switch name {
    case "map": return try mapped(value, arguments)
    case "select", "reject", "selectattr", "rejectattr":
      return try selected(name, value, arguments)
    case "unique":
      let values = try bind(arguments, name, ["case_sensitive", "attribute"])
      let getter = try keyed(values[0], values[1])
      var seen: Set<TemplateKey> = []
      let (pull, _) = try iterator(value)
      return try generator(of: value) { [self] in
        while let item = try pull() {
          if seen.insert(try key(try getter(item))).inserted { return item }
        }
        return nil
      }
    case "batch":
      let values = try bind(arguments, name, ["linecount", "fill_with"], required: 1)
      let size = try integer(values[0], name, default: 1)
      guard size > 0 else { throw unsupported("batch of less than one") }
      let (pull, _) = try iterator(value)
      return try generator(of: value) { [self] in
        var part: [TemplateValue] = []
        while part.count < size, let item = try pull() { part.append(item) }
        if part.isEmpty { return nil }
        if let fill = values[1], !isNone(fill) {
          try spend(size - part.count)
          part += [TemplateValue](repeating: fill, count: size - part.count)
        }
        return try sequence(.list, part)
      }
    case "sort":
      let values = try bind(arguments, name, ["reverse", "case_sensitive", "attribute"])
      return try sorted(
        try list(value), values[2], isReversed: try values[0].map { try isTrue($0) } ?? false,
        values[1])
    case "dictsort":
      let values = try bind(arguments, name, ["case_sensitive", "by", "reverse"])
      guard case .mapping(let mapping) = value else {
        throw fail("'\(value.type)' object has no attribute 'items'")
      }
      let by = try string(values[1] ?? .text("key")).string
      guard by == "key" || by == "value" else {
        throw fail("You can only sort by either \"key\" or \"value\"")
      }
      return try sorted(
        try items(mapping), .integer(by == "key" ? 0 : 1),
        isReversed: try values[2].map { try isTrue($0) } ?? false, values[0])
    case "min", "max":
      let values = try bind(arguments, name, ["case_sensitive", "attribute"])
      return try extreme(name, value, try keyed(values[0], values[1]))
    case "sum":
      let values = try bind(arguments, name, ["attribute", "start"])
      let parts = try path(values[0] ?? .none)
      var total = values[1] ?? .integer(0)
      if case .text = total { throw fail("sum() can't sum strings [use ''.join(seq) instead]") }
      for item in try list(value) {
        total = try arithmetic(.add, total, try follow(item, parts))
      }
      return total
    default:
      _ = try bind(arguments, name, [])
      return try simpleListFilter(name, value)
    }
  }

  private func simpleListFilter(
    _ name: String, _ value: TemplateValue
  ) throws -> TemplateValue {
    switch name {
    case "list": return try sequence(.list, try list(value))
    case "items":
      if case .undefined = value { return .generator(TemplateGenerator([])) }
      guard case .mapping(let mapping) = value else {
        throw fail("Can only get item pairs from a mapping.")
      }
      return .generator(TemplateGenerator(try items(mapping)))
    case "first":
      return try iterator(value).0() ?? .undefined("No first item, sequence was empty.")
    case "last":
      switch value {
      case .generator: throw fail("'generator' object is not reversible")
      // Python reverses by length and index, of which an undefined value has but the length.
      case .undefined: return .undefined("No last item, sequence was empty.")
      default: return try list(value).last ?? .undefined("No last item, sequence was empty.")
      }
    default:
      if case .text(let text) = value {
        guard !text.isSafe else { throw unsupported("reverse with a text made by safe") }
        return try made(MarkedText(units: text.units.reversed()))
      }
      let items = Array(try list(value).reversed())
      if case .generator = value { return try sequence(.list, items) }
      return .generator(TemplateGenerator(items))
    }
  }

  private func sorted(
    _ items: [TemplateValue], _ attribute: TemplateValue?, isReversed: Bool,
    _ caseSensitive: TemplateValue?
  ) throws -> TemplateValue {
    var paths: [[PathPart]] = []
    if case .text(let text)? = attribute {
      paths = try text.split(by: MarkedText(","), atMost: -1).map { try path(.text($0)) }
    } else {
      paths = [try path(attribute ?? .none)]
    }
    let isSensitive = try caseSensitive.map { try isTrue($0) } ?? false
    let keys = try items.map { item in
      TemplateValue.list(
        try paths.map {
          let found = try follow(item, $0)
          return isSensitive ? found : folded(found)
        })
    }
    // Reversed and reversed again, as Python keeps equal items in their order.
    let order = isReversed ? Array(items.indices.reversed()) : Array(items.indices)
    var places = try sorted(order) { try precedes(keys[$0], keys[$1], orEqual: false) }
    if isReversed { places.reverse() }
    return try sequence(.list, places.map { items[$0] })
  }

  private func extreme(
    _ name: String, _ value: TemplateValue,
    _ getter: (TemplateValue) throws -> TemplateValue
  ) throws -> TemplateValue {
    let items = try list(value)
    guard var best = items.first else {
      return .undefined("No aggregated item, sequence was empty.")
    }
    var bestKey = try getter(best)
    for item in items.dropFirst() {
      let key = try getter(item)
      let isBetter =
        name == "min"
        ? try precedes(key, bestKey, .less, orEqual: false)
        : try precedes(bestKey, key, .greater, orEqual: false)
      if isBetter { (best, bestKey) = (item, key) }
    }
    return best
  }

  private func mapped(
    _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    var transform: ((TemplateValue) throws -> TemplateValue)?
    func prepared() throws -> (TemplateValue) throws -> TemplateValue {
      if let transform { return transform }
      let made: (TemplateValue) throws -> TemplateValue
      if arguments.positional.isEmpty,
        let attribute = arguments.keywords.first(where: { $0.0 == "attribute" })
      {
        if let other = arguments.keywords.first(where: { !["attribute", "default"].contains($0.0) })
        {
          throw fail("Unexpected keyword argument '\(other.0)'")
        }
        let parts = try path(attribute.1)
        let fallback = arguments.keywords.first { $0.0 == "default" }?.1
        made = { [self] in
          try follow($0, parts, default: fallback.flatMap { isNone($0) ? nil : $0 })
        }
      } else {
        guard case .text(let name)? = arguments.positional.first else {
          throw fail("map requires a filter argument")
        }
        var rest = arguments
        rest.positional.removeFirst()
        made = { [self] in try filter(name.string, $0, rest) }
      }
      transform = made
      return made
    }
    return try lazily(value) { [self] pull in
      let transform = try prepared()
      guard let item = try pull() else { return nil }
      try spend()
      return try transform(item)
    }
  }

  /// What gives nothing at all for what counts as false, and is not looked at before it is read.
  private func lazily(
    _ value: TemplateValue, _ next: @escaping (Pull) throws -> TemplateValue?
  ) throws -> TemplateValue {
    var pull: Pull?
    return try generator(of: value) { [self] in
      if pull == nil { pull = try isTrue(value) ? try iterator(value).0 : { nil } }
      return try pull.flatMap { pull in
        if !(try isTrue(value)) { return nil }
        return try next(pull)
      }
    }
  }

  private func selected(
    _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments
  ) throws -> TemplateValue {
    let isAttribute = name.hasSuffix("attr")
    let isWanted = name.hasPrefix("select")
    var condition: ((TemplateValue) throws -> Bool)?
    func prepared() throws -> (TemplateValue) throws -> Bool {
      if let condition { return condition }
      var rest = arguments
      var parts: [PathPart] = []
      if isAttribute {
        guard !rest.positional.isEmpty else { throw fail("Missing parameter for attribute name") }
        parts = try path(rest.positional.removeFirst())
      }
      let made: (TemplateValue) throws -> Bool
      if rest.positional.isEmpty {
        made = { [self] in try isTrue(try follow($0, parts)) }
      } else {
        let testName = try string(rest.positional.removeFirst()).string
        made = { [self] in try test(testName, try follow($0, parts), rest) }
      }
      condition = made
      return made
    }
    return try lazily(value) { [self] pull in
      let condition = try prepared()
      while let item = try pull() {
        try spend()
        if try condition(item) == isWanted { return item }
      }
      return nil
    }
  }
}
