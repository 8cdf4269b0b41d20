extension RegionsScreen {
  /// Moving on, which is no leap.
  private static let steps: Set<Command> = [
    .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .nextRegion,
    .previousRegion,
  ]

  /// Keeps the region that an action led to, once a field that moves the cursor about is left.
  mutating func settle(after action: Action, by command: Command?) {
    guard mode == .browsing, let region = selected else { return }
    let isStep: Bool
    switch action {
    case .mouse, .tick, .resize: isStep = true
    default: isStep = command.map(Self.steps.contains) ?? false
    }
    jumps.arrive(at: region, isLeap: !isStep)
  }

  mutating func jumpBack(in session: inout Session) {
    guard let region = jumps.goBack() else {
      return session.say(.note, "nowhere to go back to: nothing was leapt from")
    }
    jump(to: String(region), in: &session)
  }

  mutating func jumpForward(in session: inout Session) {
    guard let region = jumps.goForward() else {
      return session.say(.note, "nowhere to go forward to")
    }
    jump(to: String(region), in: &session)
  }
}
