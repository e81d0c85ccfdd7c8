"""The providers' batch addresses: questions handed in together and answered when there is time."""
