public import SequenceKernel

/// Event encoder, sequence encoder, pooling: sessions of events → hidden rows and one embedding each.
///
/// ```
/// events [N] → event vectors [N, D] → + places → encoder [N, D] → rows [N, E] → pooling [B, E]
/// ```
/// When the embedding is not as wide as the encoder, every row is projected before pooling, so that what objectives train on rows
/// trains the projection too.
public struct SequenceModel: Sendable {
    /// What was chosen.
    public let configuration: ModelConfiguration
    /// What an event is made of.
    public let plan: FeaturePlan
    /// Events → vectors.
    public let events: EventEncoder
    /// Heads and objectives' own parameters.
    public let heads: PredictionHeads
    /// All declarations.
    public let parameters: ParameterScope
    let places: PlaceEncoding
    let encoder: AnyEncoder
    let projection: Linear?
    let pooling: Pooling

    /// Declares everything under `events`, `places`, `encoder`, `projection`, `pooling` and `heads`.
    public init(_ configuration: ModelConfiguration, _ plan: FeaturePlan, in scope: inout ParameterScope) {
        self.configuration = configuration
        self.plan = plan
        let events = scope.scope("events") { EventEncoder(configuration, plan, in: &$0) }
        self.events = events
        places = scope.scope("places") { PlaceEncoding(configuration, in: &$0) }
        encoder = scope.scope("encoder") { AnyEncoder(configuration, in: &$0) }
        let (width, size) = (configuration.width, configuration.embeddingSize)
        projection = width == size ? nil : scope.scope("projection") { Linear(inputs: width, outputs: size, in: &$0) }
        pooling = scope.scope("pooling") { Pooling(PoolingKind(configuration.pooling), width: size, in: &$0) }
        heads = scope.scope("heads") { PredictionHeads(configuration, plan, tables: events.tables, in: &$0) }
        parameters = scope
    }

    /// Declares a model in a scope of its own.
    public init(_ configuration: ModelConfiguration, _ plan: FeaturePlan) {
        var scope = ParameterScope()
        self.init(configuration, plan, in: &scope)
    }

    /// What backward needs.
    public struct Tape {
        let events: EventEncoder.Tape
        let encoder: AnyEncoder.Tape
        let projection: Linear.Tape?
    }

    /// Events → hidden rows `[N, E]`.
    public func hidden(_ view: EventView, _ pass: Pass) -> (output: Rows, tape: Tape) {
        var (rows, eventTape) = events.forward(view, pass)
        rows = places.forward(rows, view.offsets, pass)
        let (encoded, encoderTape) = encoder.forward(rows, view.offsets, pass)
        guard let projection else { return (encoded, Tape(events: eventTape, encoder: encoderTape, projection: nil)) }
        let (output, projectionTape) = projection.forward(encoded, pass)
        return (output, Tape(events: eventTape, encoder: encoderTape, projection: projectionTape))
    }

    /// Gradient of the hidden rows → gradients of all weights.
    public func backward(_ upstream: Rows, _ view: EventView, _ tape: Tape, _ pass: Pass) {
        guard view.rowCount > 0 else { return }
        var gradient = upstream
        if let projection, let projectionTape = tape.projection { gradient = projection.backward(gradient, projectionTape, pass) }
        gradient = encoder.backward(gradient, view.offsets, tape.encoder, pass)
        places.backward(gradient, view.offsets, pass)
        events.backward(gradient, view, tape.events, pass)
    }

    /// One embedding a session, `[B, E]`; zeros for a session without events.
    public func embed(_ view: EventView, _ pass: Pass) -> Rows {
        let rows = hidden(view, pass).output
        return pooling.forward(rows, view.offsets, pass).output
    }
}

extension PoolingKind {
    init(_ pooling: ModelConfiguration.Pooling) {
        self =
            switch pooling {
            case .mean: .mean
            case .max: .max
            case .last: .last
            case .attention: .attention
            }
    }
}
