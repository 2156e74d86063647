"""The GraphQL that is asked. Bulk queries may nest connections, but none inside a list: a refund's lines are asked apart."""

API_VERSION = "2026-07"

SCOPES = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_fulfillments")

FACTS = "{ shop { name currencyCode } currentAppInstallation { accessScopes { handle } } }"

_MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_ADDRESS = "{ countryCodeV2 province city zip }"
_CUSTOMER = f"""{{
  id createdAt updatedAt firstName lastName tags locale
  defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel marketingUpdatedAt }}
  defaultPhoneNumber {{ phoneNumber marketingState marketingOptInLevel marketingUpdatedAt marketingCollectedFrom }}
  defaultAddress {_ADDRESS}
}}"""

BULK_ORDERS = f"""{{ orders(query: %s) {{ edges {{ node {{
  id name createdAt processedAt updatedAt cancelledAt cancelReason test sourceName tags email phone customerLocale
  currencyCode presentmentCurrencyCode taxesIncluded displayFinancialStatus displayFulfillmentStatus
  paymentGatewayNames discountCodes
  totalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalTaxSet {_MONEY} totalDiscountsSet {_MONEY}
  totalTipReceivedSet {_MONEY} totalOutstandingSet {_MONEY}
  customer {_CUSTOMER} shippingAddress {_ADDRESS} billingAddress {_ADDRESS}
  fulfillments {{ id status displayStatus createdAt updatedAt trackingInfo {{ company number url }} }}
  refunds {{ id }}
  lineItems {{ edges {{ node {{
    id quantity title variantTitle sku vendor isGiftCard product {{ id }} variant {{ id }} originalUnitPriceSet {_MONEY}
    discountAllocations {{ allocatedAmountSet {_MONEY} }}
  }} }} }}
  shippingLines {{ edges {{ node {{
    id isRemoved originalPriceSet {_MONEY} discountedPriceSet {_MONEY} taxLines {{ priceSet {_MONEY} }}
  }} }} }}
}} }} }} }}"""

BULK_CUSTOMERS = f"{{ customers(query: %s) {{ edges {{ node {_CUSTOMER} }} }} }}"

BULK_PRODUCTS = """{ products(query: %s) { edges { node {
  id title handle vendor productType status tags createdAt updatedAt category { name }
  images { edges { node { id url } } }
  variants { edges { node { id sku title price inventoryQuantity } } }
} } } }"""

BULK_RUN = """mutation ($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status } userErrors { field message code }
  }
}"""
BULK_STATUS = """query ($id: ID!) { node(id: $id) { ... on BulkOperation {
  id status errorCode objectCount rootObjectCount url partialDataUrl query
} } }"""
BULK_LATEST = """{ bulkOperations(first: 10, query: "operation_type:query", sortKey: CREATED_AT, reverse: true) {
  nodes { id status query }
} }"""

REFUNDS = f"""query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Refund {{
  id createdAt note order {{ id }}
  refundLineItems(first: 250) {{ nodes {{
    quantity lineItem {{ id product {{ id }} }} subtotalSet {_MONEY} totalTaxSet {_MONEY}
  }} }}
  transactions(first: 50) {{ nodes {{ kind status amountSet {_MONEY} }} }}
}} }} }}"""

SUBSCRIPTIONS = """query ($after: String) { webhookSubscriptions(first: 100, after: $after) {
  nodes { id topic uri } pageInfo { hasNextPage endCursor }
} }"""
SUBSCRIBE = """mutation ($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    webhookSubscription { id } userErrors { field message }
  }
}"""
UNSUBSCRIBE = """mutation ($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""
