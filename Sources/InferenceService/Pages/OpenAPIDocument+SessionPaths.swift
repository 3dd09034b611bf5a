extension OpenAPIDocument {
    private static let scored = ##"""
        { "description": "The score.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Score" } } } }
        """##

    private static let liveScored = ##"""
        { "description": "The score of all events so far.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/LiveScore" } } } }
        """##

    private static let lines = ##"{ "schema": { "type": "string" }, "example": "\##(lineExample)" }"##
    private static let lineExample =
        #"{\"session\":\"s1\",\"events\":[{\"time\":\"2026-01-05T09:00:00Z\",\"url\":\"/mortgages\"}]}\n"#
        + #"{\"session\":\"s2\",\"events\":[{\"time\":\"2026-01-05T09:02:00Z\",\"url\":\"/support/faq\"}],\"evidence\":0}\n"#
    private static let lineAnswers = ##"""
        { "schema": { "type": "string" },
                  "example": "{\"session\":\"s1\",\"label\":{…},\"bundle\":{…}}\n\##
        {\"session\":\"s2\",\"error\":{\"code\":\"unprocessable\",…}}\n" }
        """##

    /// Scores, tiles, credit, batches, and sessions that grow.
    static func sessionPaths(_ limits: Limits) -> String {
        ##"""
        "/v1/sessions:score": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }, { "$ref": "#/components/parameters/Bundle" }],
          "post": { "operationId": "scoreSession", "tags": ["sessions"], "summary": "Score one session",
            "description": "Intents with the events that speak for them, an embedding, a forecast of what the customer applies for: \##
        what `want` names. Each needs its scope: `intents`, `embed`, `convert`.",
            "requestBody": { "required": true, "content": { "application/json": {
              "schema": { "$ref": "#/components/schemas/ScoreRequest" },
              "examples": {
                "intents": { "summary": "What is this visitor trying to do?", "value": \##(journey) },
                "forecast": { "summary": "What will this customer apply for?", "value": \##(forecast) } } } } },
            "responses": {
              "200": \##(scored),
              \##(refusing(scoring)) } } },
        "/v1/sessions:rank": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }, { "$ref": "#/components/parameters/Bundle" }],
          "post": { "operationId": "rankTiles", "tags": ["sessions"], "summary": "Order an app's tiles for a customer",
            "description": "From the customer's features and the sessions before the decision. Tiles that a rule of eligibility \##
        removes are told with the rule. Needs the scope `rank`.",
            "requestBody": { "required": true, "content": { "application/json": {
              "schema": { "$ref": "#/components/schemas/RankRequest" },
              "example": \##(ranking) } } },
            "responses": {
              "200": { "description": "The tiles, the likeliest click first.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Ranking" } } } },
              \##(refusing(scoring)) } } },
        "/v1/sessions:credit": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }, { "$ref": "#/components/parameters/Bundle" }],
          "post": { "operationId": "scoreApplicant", "tags": ["applicants"], "summary": "Score an applicant",
            "description": "Probability to fall overdue, points (the more the better) and the principal reasons. The tables are those \##
        of the model's configuration. Needs the scope `credit`.",
            "requestBody": { "required": true, "content": { "application/json": {
              "schema": { "$ref": "#/components/schemas/CreditRequest" },
              "example": \##(application) } } },
            "responses": {
              "200": { "description": "The applicant's score.", "headers": { \##(requestIDHeader) },
                "content": { "application/json": { "schema": { "$ref": "#/components/schemas/CreditScore" } } } },
              \##(refusing(scoring)) } } },
        "/v1/sessions:batch": {
          "parameters": [{ "$ref": "#/components/parameters/RequestID" }, { "$ref": "#/components/parameters/Bundle" }],
          "post": { "operationId": "scoreBatch", "tags": ["sessions"], "summary": "Score many sessions, streamed",
            "description": "JSON Lines in, JSON Lines out, in the same order: each line a ScoreRequest, each line of the answer a \##
        BatchLine. Answers come while lines are still sent; who does not read is not written to. A line that fails tells its error \##
        and the next goes on. Only a line has to keep the limits, not the stream. A line needs the scopes of what it wants, the route \##
        one of `intents`, `embed` and `convert`.",
            "requestBody": { "required": false, "content": {
              "application/jsonl": \##(lines),
              "application/x-ndjson": \##(lines) } },
            "responses": {
              "200": { "description": "An answer a line.", "headers": { \##(requestIDHeader) },
                "x-line": { "$ref": "#/components/schemas/BatchLine" },
                "content": { "application/jsonl": \##(lineAnswers) } },
              \##(refusing([400, 401, 403, 404, 405, 408, 415, 422, 429, 503])) } } },
        "/v1/sessions/{id}/events": {
          "parameters": [{ "$ref": "#/components/parameters/SessionID" }, { "$ref": "#/components/parameters/RequestID" },
            { "$ref": "#/components/parameters/Bundle" }],
          "post": { "operationId": "appendEvents", "tags": ["live sessions"], "summary": "Add events to a session and score it",
            "description": "The first events make the session. None may be before those that are there. Any answer but 200 \##
        has changed nothing, except a 503 that the service's disk is full: read the session then. Needs the scopes of what `want` names.",
            "requestBody": { "required": true, "content": { "application/json": {
              "schema": { "$ref": "#/components/schemas/AppendRequest" },
              "example": { "visitor": "v1", "events": [{ "time": "2026-01-05T09:00:00.000Z", "url": "/credit-cards/compare", "event":
                "view" }] } } } },
            "responses": {
              "200": \##(liveScored),
              \##(refusing(scoring)) } } },
        "/v1/sessions/{id}": {
          "parameters": [{ "$ref": "#/components/parameters/SessionID" }, { "$ref": "#/components/parameters/RequestID" },
            { "$ref": "#/components/parameters/Bundle" }],
          "get": { "operationId": "readSession", "tags": ["live sessions"], "summary": "The score of a session as it is",
            "description": "Intents, or the embedding for a key without the scope `intents`. Needs `intents` or `embed`. 404 where the \##
        session was never begun, was forgotten, or has expired.",
            "responses": {
              "200": \##(liveScored),
              \##(refusing(reading + [422])) } },
          "delete": { "operationId": "forgetSession", "tags": ["live sessions"], "summary": "Forget a session",
            "description": "Needs `intents`, `embed` or `convert`.",
            "responses": {
              "204": { "description": "It is forgotten.", "headers": { \##(requestIDHeader) } },
              \##(refusing(reading + [422])) } } }
        """##
    }

    private static let events = #"""
        [
                { "time": "2026-01-05T09:00:00.000Z", "url": "/credit-cards", "title": "Credit cards", "event": "view", "device":
                  "tablet" },
                { "time": "2026-01-05T09:00:21.400Z", "url": "/search", "event": "search", "query": "which card is best", "device":
                  "tablet" },
                { "time": "2026-01-05T09:00:52.000Z", "url": "/credit-cards/compare", "title": "Compare credit cards", "event":
                  "view", "device": "tablet", "scroll": 75 },
                { "time": "2026-01-05T09:02:10.900Z", "url": "/credit-cards/cashback", "title": "Cashback", "event": "view",
                  "device": "tablet", "scroll": 100 }]
        """#
    /// The session that examples send.
    static let journey = #"{ "session": "s1", "visitor": "v1", "events": \#(events), "evidence": 3 }"#
    private static let customer =
        #"{ "customer_id": "c7", "age_band": "35-49", "tenure_years": 9, "segment": "premier", "products_held": "savings|deposit" }"#
    private static let forecast = #"""
        { "session": "s1", "events": \#(events),
                "want": ["intents", "conversion"], "customer": \#(customer), "time": "2026-01-05T12:00:00Z" }
        """#
    private static let ranking =
        #"{ "impression_id": "i1", "customer": \#(customer), "sessions": [{ "session": "s1", "events": \#(events) }], "top": 3 }"#
    private static let application = #"""
        { "tables": {
                "applicants": [{ "applicant_id": "a1", "decision_time_ms": 1766320996939, "age": 49, "income": null, "education":
                  "vocational", "amount": 4700, "term_months": 12 }],
                "app": [{ "applicant_id": "a1", "time_ms": 1761954479969, "code": "op5495", "category": "itemClick", "amount": null }],
                "bureau": [{ "applicant_id": "a1", "time_ms": 1690505741168, "kind": "loan", "lender": "bank", "amount": 4000,
                  "term_months": 12, "balance": 0 }] },
                "reasons": 4 }
        """#
}
