// What the tests know of the server that runs: TENANTRY_URL, and people of the demo.
export const url = process.env.TENANTRY_URL
export const endpoint = url + '/graphql'
export const admin = { email: 'ada@northwind.example', password: process.env.TENANTRY_PASSWORD }

// signIn gives a session's token.
export async function signIn({ email, password } = admin) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }',
      variables: { input: { email, password } },
    }),
  })
  const { data, errors } = await response.json()
  if (!data?.signIn?.token) throw new Error(`nobody signed in: ${JSON.stringify(errors ?? data)}`)
  return data.signIn.token
}

// sdl is the schema as the server prints it.
export async function sdl() {
  return (await fetch(url + '/schema.graphql')).text()
}
